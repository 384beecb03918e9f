// SPDX-License-Identifier: GPL-2.0-only
// Who is in charge, with which settings, and how the last one ended.

import { byId, el } from "./dom.js";
import * as format from "./format.js";

const KINDS = {
	unreg: "its owner took it out",
	replaced: "another policy was swapped in",
	self: "it ended itself",
	none: "nobody knows why",
	error: "thrown out after an error",
	error_bpf: "thrown out: it reported an error",
	error_init: "refused: its init() failed",
};

/** An exit kind of the kernel in words. */
export function exitWords(kind) {
	return KINDS[kind] ?? format.words(kind);
}

export function exitBad(kind) {
	return kind.startsWith("error");
}

function facts(...pairs) {
	return el("dl", { class: "facts" }, ...pairs.filter(([, value]) => value != null)
		.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function charge({ policy }) {
	if (policy.state === "active")
		return [el("p", { class: "name" }, policy.name),
			facts(["in charge for", policy.since == null ? null :
				format.stretch(policy.now - policy.since)],
			["policies so far", format.count(policy.enable_seq)])];
	return [el("p", { class: "name none" }, "none"),
		el("p", { class: "note" }, policy.state === "absent" ?
			"The module is not loaded." :
			"The kernel migrates and copies as it always does.")];
}

function settings({ policy }) {
	if (!policy.settings.length)
		return null;
	return el("table", { class: "settings" },
		el("caption", {}, "Settings"),
		el("tbody", {}, ...policy.settings.map(({ key, value }) =>
			el("tr", {}, el("th", { scope: "row" }, key),
				el("td", { class: "n" }, String(value))))));
}

function ending({ policy: { exit } }) {
	if (!exit)
		return null;
	return el("div", { class: exitBad(exit.kind) ? "exit bad" : "exit" },
		el("h3", {}, exitBad(exit.kind) ? "\u25b2 Thrown out" : "Ended before"),
		el("p", { class: "name" }, exit.name ?? "a policy"),
		el("p", {}, exitWords(exit.kind), exit.code ? ` (code ${exit.code})` : ""),
		exit.msg ? el("blockquote", {}, exit.msg) : null);
}

function refusal({ policy: { refused } }) {
	if (!refused.count)
		return null;
	return el("div", { class: "exit" }, el("h3", {}, `Refused: ${refused.count}`),
		refused.reason ? el("blockquote", {}, refused.reason) : null);
}

export function policyInit() {
	const root = byId("policy");
	let shown = "";

	return {
		update(view) {
			const key = JSON.stringify({ ...view.policy, now:
				Math.round((view.policy.now - view.policy.since) / 5) });

			if (key === shown)
				return;
			shown = key;
			root.replaceChildren(...[...charge(view), ending(view), refusal(view),
				settings(view)].filter(Boolean));
		},
	};
}
