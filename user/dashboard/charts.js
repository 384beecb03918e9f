// SPDX-License-Identifier: GPL-2.0-only
// The strip charts: one time axis, read by pointer or by arrow keys.

import { colour, el } from "./dom.js";
import * as format from "./format.js";

const uPlot = globalThis.uPlot;
const GUTTER = 72; /* of the y axis, the same in all charts: their times align */
const FONT = "12px ui-sans-serif, system-ui, sans-serif";

function axis(extra) {
	return {
		stroke: colour("muted"),
		font: FONT,
		grid: { stroke: colour("grid"), width: 1 },
		ticks: { show: false },
		...extra,
	};
}

function timeAxis() {
	return axis({
		size: 28,
		space: 64,
		values: (_plot, ticks) => ticks.map((t) => format.clock(t)
			.slice(0, ticks[1] - ticks[0] < 60 ? 8 : 5)),
	});
}

/* An axis that begins at 0 and is never flat. */
function upwards(_plot, _low, high) {
	return [0, Math.max(high, 1) * 1.08];
}

/* Logarithmic, at least two decades. */
function decades(_plot, low, high) {
	if (low == null || high == null || !(high > 0))
		return [1, 1000];
	const bottom = 10 ** Math.floor(Math.log10(Math.max(low, 0.1)));

	return [bottom, Math.max(bottom * 100, high * 1.3)];
}

function powers(_plot, ticks) {
	return ticks.map((v) => Math.abs(Math.log10(v) % 1) < 1e-6 ?
		format.count(v) : null);
}

/* What went on at a moment, as lines through the charts. */
function marks(plot, strip) {
	const { left, top, width, height } = plot.bbox;
	const ctx = plot.ctx;

	ctx.save();
	ctx.lineWidth = devicePixelRatio;
	ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
	for (const mark of strip.marks) {
		const x = plot.valToPos(mark.t, "x", true);

		if (x < left || x > left + width)
			continue;
		ctx.strokeStyle = colour(mark.bad ? "bad" : "muted");
		ctx.beginPath();
		ctx.moveTo(x, top);
		ctx.lineTo(x, top + height);
		ctx.stroke();
	}
	ctx.restore();
}

/**
 * A chart in @root. @config: label, height, scale (of y), series, draw (below
 * the series) and say(index), which puts a moment into words.
 */
export class Strip {
	constructor(root, config) {
		this.root = root;
		this.config = config;
		this.data = [[], ...config.series().map(() => [])];
		this.marks = [];
		this.index = null;
		this.build();
		this.listen();
	}

	options() {
		const { config } = this;

		return {
			width: this.width(),
			height: config.height,
			legend: { show: false },
			padding: [8, 8, 0, 0],
			cursor: { sync: { key: "time" }, y: false, drag: { x: false, y: false },
				points: { show: false } },
			scales: { x: { range: () => this.range ?? [0, 1] }, y: config.scale },
			axes: [timeAxis(), axis({ size: GUTTER, ...config.axis })],
			series: [{}, ...config.series()],
			hooks: {
				drawClear: config.draw ? [(plot) => config.draw(plot)] : [],
				draw: [(plot) => marks(plot, this)],
				setCursor: [(plot) => this.moved(plot.cursor.idx)],
			},
		};
	}

	width() {
		return Math.max(200, this.root.clientWidth);
	}

	build() {
		this.plot?.destroy();
		this.plot = new uPlot(this.options(), this.data, this.root);
	}

	listen() {
		const resized = new ResizeObserver(() => this.plot.setSize(
			{ width: this.width(), height: this.config.height }));

		resized.observe(this.root);
		this.root.tabIndex = 0;
		this.root.setAttribute("role", "slider");
		this.root.setAttribute("aria-label", this.config.label);
		this.root.addEventListener("keydown", (event) => this.key(event));
		this.root.addEventListener("blur", () => this.moveTo(null));
		this.describe();
	}

	set(data, range, marks) {
		this.data = data;
		this.range = range;
		this.marks = marks;
		this.plot.setData(data);
		this.describe();
	}

	/* Arrow keys walk through time, as the pointer does. */
	key(event) {
		const last = this.data[0].length - 1;
		const at = this.index ?? last + 1;
		const to = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10,
			PageDown: at + 10, Home: 0, End: last, Escape: null }[event.key];

		if (to === undefined || last < 0)
			return;
		event.preventDefault();
		this.moveTo(to === null ? null : Math.min(last, Math.max(0, to)));
	}

	moveTo(index) {
		const left = index == null ? -10 :
			this.plot.valToPos(this.data[0][index], "x");

		this.plot.setCursor({ left, top: index == null ? -10 : 10 });
		this.moved(index);
	}

	moved(index) {
		this.index = index ?? null;
		this.config.moved?.(this.index);
		this.describe();
	}

	describe() {
		const last = Math.max(0, this.data[0].length - 1);
		const at = Math.min(this.index ?? last, last);
		const { root } = this;

		root.setAttribute("aria-valuemin", "0");
		root.setAttribute("aria-valuemax", String(last));
		root.setAttribute("aria-valuenow", String(at));
		root.setAttribute("aria-valuetext", this.data[0].length ?
			`${format.clock(this.data[0][at])}: ${this.config.say(at)}` :
			"no figures yet");
	}
}

/** A legend that also says the figures of a moment. */
export class Legend {
	constructor(root, entries) {
		this.items = entries.map((entry) => {
			const value = el("b", {}, format.NONE);

			root.append(el("li", {}, el("i", { class: `key ${entry.key}`,
				"aria-hidden": "true" }), entry.label, " ", value));
			return value;
		});
	}

	set(values) {
		values.forEach((value, i) => {
			if (this.items[i].textContent !== value)
				this.items[i].textContent = value;
		});
	}
}

export const scales = { upwards, decades, powers };
