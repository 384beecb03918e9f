// SPDX-License-Identifier: GPL-2.0-only
// Throughput by who copied, stacked.

import { Legend, Strip, scales } from "./charts.js";
import { byId, colour } from "./dom.js";
import * as format from "./format.js";

/* From the bottom of the stack; "kernel": nobody decided, it copied itself. */
const KINDS = [
	{ key: "dmaengine", label: "engine (dmaengine)" },
	{ key: "native", label: "engine (native)" },
	{ key: "cpu", label: "helper threads" },
	{ key: "caller", label: "calling CPU" },
	{ key: "kernel", label: "the kernel itself" },
];
const MIB = 1 << 20;

function stack(rates, n) {
	const sum = new Array(n).fill(0);

	return KINDS.map(({ key }) => {
		for (let i = 0; i < n; i++)
			sum[i] = rates[key][i] == null ? null : sum[i] + rates[key][i] / MIB;
		return [...sum];
	});
}

/* The highest is drawn first; each covers what lies below it. */
function series() {
	return [...KINDS].reverse().map(({ key }) => ({
		stroke: colour("paper"),
		width: 1,
		fill: colour(key),
		points: { show: false },
	}));
}

export function rateInit() {
	const legend = new Legend(byId("rate-legend"), KINDS);
	let view = null;

	function values(i) {
		return KINDS.map(({ key }) => format.rate(view?.rate[key][i]));
	}

	const strip = new Strip(byId("rate"), {
		label: "Memory moved per second, by who copied",
		height: 180,
		scale: { range: scales.upwards },
		axis: { values: (_plot, ticks) => ticks.map((v) => format.count(v)) },
		series,
		say: (i) => KINDS.map(({ label }, k) => `${label} ${values(i)[k]}`)
			.join(", ") + " MiB/s",
		moved: (i) => legend.set(values(i ?? (view?.t.length ?? 0) - 1)),
	});

	return {
		rebuild: () => strip.build(),
		update(next) {
			view = next;
			strip.set([view.t, ...stack(view.rate, view.t.length).reverse()],
				view.range, view.marks);
			strip.moved(strip.index);
		},
	};
}

export { KINDS };
