// SPDX-License-Identifier: GPL-2.0-only
// At a glance: one sentence, and the figures behind it.

import { byId, el } from "./dom.js";
import * as format from "./format.js";
import { exitBad, exitWords } from "./policy.js";

const strong = (value) => el("b", {}, value);
const alarm = (value) => el("b", { class: "bad" }, value);

function who({ policy }) {
	if (policy.state === "absent")
		return ["The module is not loaded: the kernel migrates as it always does. "];
	if (policy.state === "active")
		return [strong(policy.name), " decides who copies. "];
	if (policy.exit && exitBad(policy.exit.kind))
		return [alarm(`${policy.exit.name} was thrown out`), ": ",
			policy.exit.msg || exitWords(policy.exit.kind), ". The kernel copies alone. "];
	if (policy.exit?.name)
		return ["No policy is in charge; the last was ", strong(policy.exit.name), ". "];
	return ["No policy is in charge: the kernel copies as it always does. "];
}

function shareOf({ now: { rate }, total }) {
	const engines = (rate.dmaengine ?? 0) + (rate.native ?? 0);
	const parts = [[engines, "by engines"], [rate.cpu ?? 0, "by helper threads"],
		[rate.caller ?? 0, "by the calling CPU"],
		[rate.kernel ?? 0, "by the kernel itself"]]
		.filter(([part]) => part > 0).sort((a, b) => b[0] - a[0]);

	return parts.map(([part, by]) => `${format.percent(part, total)} ${by}`).join(", ");
}

function moves(view) {
	const { now, total } = view;

	if (!view.module)
		return [];
	if (!total)
		return ["Nothing is being moved. "];
	return [strong(`${format.rate(total)}\u00a0MiB/s`), " are being moved, ",
		shareOf(view), ". ",
		...(now.p50 == null ? [] : ["Half of the batches take less than ",
			strong(format.time(now.p50)), ". "])];
}

function trouble({ channels }) {
	const failed = channels.filter((c) => c.state === "failed");

	if (!failed.length)
		return [];
	return [alarm(`${failed.map((c) => c.name).join(", ")} `),
		failed.length > 1 ? "are in quarantine." : "is in quarantine."];
}

function box(label, value, unit, bad) {
	return el("div", { class: bad ? "bad" : null }, el("dt", {}, label),
		el("dd", {}, value, unit ? el("small", {}, ` ${unit}`) : null));
}

function boxes({ now, total, channels, totals: counters }) {
	const up = channels.filter((c) => c.state === "up").length;
	const { folios_redone: redone, folios_limbo: limbo } = counters;

	return [
		box("Moved", format.rate(total), "MiB/s"),
		box("Of that by engines", format.percent((now.rate.dmaengine ?? 0) +
			(now.rate.native ?? 0), total)),
		box("Batches", format.count(now.batches), "a second"),
		box("Batch, median", format.time(now.p50)),
		box("Batch, 99 % below", format.time(now.p99)),
		box("Channels up", `${up}`, `of ${channels.length}`, up < channels.length),
		box("Redone by the kernel", format.count(redone), "folios", redone > 0),
		box("Given up, engine late", format.count(limbo), "folios", limbo > 0),
	];
}

export function summaryInit() {
	const strip = byId("strip");
	const sentence = byId("sentence");

	return {
		update(view) {
			sentence.replaceChildren(...who(view), ...moves(view), ...trouble(view));
			strip.replaceChildren(...boxes(view));
		},
	};
}
