// SPDX-License-Identifier: GPL-2.0-only
// How long batches took: median, 90 and 99 in 100.

import { Legend, Strip, scales } from "./charts.js";
import { byId, colour } from "./dom.js";
import * as format from "./format.js";

const LINES = [
	{ key: "p50", label: "half below" },
	{ key: "p90", label: "90 % below" },
	{ key: "p99", label: "99 % below" },
];

function series() {
	return LINES.map(({ key }, i) => ({
		stroke: colour(key),
		width: 1.75,
		dash: [[], [6, 3], [2, 3]][i],
		points: { size: 4, fill: colour(key), stroke: colour(key) },
		spanGaps: false,
	}));
}

function micros(list) {
	return list.map((ns) => ns == null ? null : Math.max(ns, 1) / 1000);
}

export function latencyInit() {
	const legend = new Legend(byId("latency-legend"), LINES);
	let view = null;

	function values(i) {
		return LINES.map(({ key }) => format.micros(view?.latency[key][i]));
	}

	const strip = new Strip(byId("latency"), {
		label: "Time to copy a batch",
		height: 140,
		scale: { distr: 3, log: 10, range: scales.decades },
		axis: { values: scales.powers },
		series,
		say: (i) => LINES.map(({ label }, k) => `${label} ${values(i)[k]}`)
			.join(", ") + " microseconds",
		moved: (i) => legend.set(values(i ?? (view?.t.length ?? 0) - 1)),
	});

	return {
		rebuild: () => strip.build(),
		update(next) {
			view = next;
			strip.set([view.t, ...LINES.map(({ key }) => micros(view.latency[key]))],
				view.range, view.marks);
			strip.moved(strip.index);
		},
	};
}

export { LINES };
