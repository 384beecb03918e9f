// SPDX-License-Identifier: GPL-2.0-only
// Latency heat map: the log-linear buckets, one column a sample.

import { Strip, scales } from "./charts.js";
import { byId, colour, el } from "./dom.js";
import * as format from "./format.js";
import { histDense } from "./api.js";
import { BUCKETS, floor, quantile } from "./hist.js";

const STEPS = 6;

function shades() {
	return Array.from({ length: STEPS }, (_none, i) => colour(`heat-${i + 1}`));
}

function highest(columns) {
	let most = 0;

	for (const column of columns)
		for (const [, count] of column ?? [])
			most = Math.max(most, count);
	return most;
}

/* Rare times matter as well as frequent ones: shades grow with the logarithm. */
function shade(count, most) {
	if (most <= 1)
		return STEPS - 1;
	return Math.min(STEPS - 1, Math.floor(STEPS * Math.log(count) / Math.log(most)));
}

/* The lowest and highest time that occurs, in microseconds. */
function extent(columns) {
	let low = BUCKETS;
	let high = 0;

	for (const column of columns)
		for (const [bucket] of column ?? []) {
			low = Math.min(low, bucket);
			high = Math.max(high, bucket + 1);
		}
	return low > high ? [null, null] :
		[Math.max(floor(low), 100) / 1000, floor(high) / 1000];
}

export function heatInit(choose) {
	const select = byId("heat-of");
	let columns = [];
	let view = null;

	function cell(plot, left, right, bucket) {
		const y = [floor(bucket), floor(bucket + 1)].map((ns) =>
			plot.valToPos(Math.max(ns / 1000, plot.scales.y.min), "y", true));

		plot.ctx.fillRect(left, y[1], right - left, Math.max(1, y[0] - y[1]));
	}

	/* A sample tells of the interval before it. */
	function draw(plot) {
		const colours = shades();
		const most = highest(columns);
		const edge = (t) => Math.round(Math.max(plot.bbox.left,
			plot.valToPos(t, "x", true)));

		columns.forEach((column, i) => {
			const left = edge(view.t[i] - view.rows[i].dt);
			const right = Math.max(left + 1, edge(view.t[i]));

			for (const [bucket, count] of column ?? []) {
				plot.ctx.fillStyle = colours[shade(count, most)];
				cell(plot, left, right, bucket);
			}
		});
	}

	function say(i) {
		const counts = histDense(columns[i] ?? []);
		const n = counts.reduce((a, b) => a + b, 0);

		return n ? `${n} times, half below ${format.time(quantile(counts, 0.5))}, ` +
			`99 % below ${format.time(quantile(counts, 0.99))}` : "nothing copied";
	}

	const strip = new Strip(byId("heat"), {
		label: "Distribution of copy times",
		height: 180,
		scale: { distr: 3, log: 10, range: scales.decades },
		axis: { values: scales.powers },
		series: () => [{ stroke: "transparent", points: { show: false } },
			{ stroke: "transparent", points: { show: false } }],
		draw,
		say,
	});

	function scale() {
		const most = highest(columns);

		byId("heat-scale").replaceChildren(most ? "1 " : "",
			...Array.from({ length: most ? STEPS : 0 }, (_none, i) =>
				el("i", { class: `heat-${i + 1}` })),
			most ? ` ${format.count(most)} per sample` : "");
	}

	/* What there is to choose from; the choice stays while it is there. */
	function offer() {
		const wanted = [["batch", "copy of a batch"], ["first", "time to the first folio"],
			...view.channels.map((c) => [String(c.id), `jobs of ${c.id}, ${c.name}`])];
		const have = [...select.options].map((o) => `${o.value} ${o.text}`).join();

		if (have === wanted.map((w) => w.join(" ")).join())
			return;
		const chosen = select.value || "batch";
		select.replaceChildren(...wanted.map(([value, label]) =>
			el("option", { value }, label)));
		select.value = wanted.some(([v]) => v === chosen) ? chosen : "batch";
	}

	select.addEventListener("change", () => choose());
	return {
		rebuild: () => strip.build(),
		update(next) {
			view = next;
			offer();
			columns = view.rows.map((row) => row.hist[select.value]);
			const [low, high] = extent(columns);
			strip.set([view.t, view.t.map(() => low), view.t.map(() => high)],
				view.range, view.marks);
			scale();
		},
	};
}
