// SPDX-License-Identifier: GPL-2.0-only
// Who can copy, how it is, and what it does.

import { byId, el, svg, text } from "./dom.js";
import * as format from "./format.js";

/* Shape and word say a state; colour only repeats it. */
const STATES = { up: "\u25cf", offline: "\u25cc", failed: "\u25b2", gone: "\u2715" };
const SPARK = { width: 120, height: 22, points: 60 };

const COLUMNS = [
	{ key: "id", label: "Id", value: (c) => c.id, cell: (c) => String(c.id) },
	{ key: "name", label: "Name", value: (c) => c.name, cell: (c) => c.name },
	{ key: "kind", label: "Kind", value: (c) => c.kind, cell: (c) => c.kind },
	{ key: "node", label: "Node", value: (c) => c.node,
	  cell: (c) => c.node < 0 ? "all" : String(c.node) },
	{ key: "state", label: "State", value: (c) => c.state, state: true },
	{ key: "spark", label: "Recently", spark: true },
	{ key: "rate", label: "MiB/s", value: (c) => c.rate, number: true,
	  cell: (c) => format.rate(c.rate) },
	{ key: "p50", label: "p50 \u00b5s", value: (c) => c.p50_ns, number: true,
	  cell: (c) => format.micros(c.p50_ns) },
	{ key: "p99", label: "p99 \u00b5s", value: (c) => c.p99_ns, number: true,
	  cell: (c) => format.micros(c.p99_ns) },
	{ key: "inflight", label: "In flight", value: (c) => c.inflight, number: true,
	  cell: (c) => format.bytes(c.inflight) },
	{ key: "errors", label: "Errors", value: (c) => c.errors, number: true,
	  cell: (c) => format.count(c.errors) },
	{ key: "bytes", label: "Total", value: (c) => c.bytes, number: true,
	  cell: (c) => format.bytes(c.bytes) },
];

function compare(a, b) {
	if (a == null || b == null)
		return (a == null) - (b == null);
	return typeof a === "string" ? a.localeCompare(b) : a - b;
}

class Spark {
	constructor() {
		this.line = svg("polyline", { class: "line" });
		this.node = svg("svg", { class: "spark", role: "img",
			viewBox: `0 0 ${SPARK.width} ${SPARK.height}`,
			preserveAspectRatio: "none" },
			svg("line", { class: "ground", x1: 0, x2: SPARK.width,
				y1: SPARK.height - 1, y2: SPARK.height - 1 }), this.line);
	}

	/* All channels have the same scale: their heights compare. */
	set(rates, most) {
		const shown = rates.slice(-SPARK.points);
		const step = SPARK.width / (SPARK.points - 1);
		const start = SPARK.points - shown.length;
		const y = (v) => SPARK.height - 1 - (SPARK.height - 3) * (v ?? 0) / (most || 1);
		const top = shown.reduce((a, b) => Math.max(a, b ?? 0), 0);

		this.line.setAttribute("points", shown.map((v, i) =>
			`${((start + i) * step).toFixed(1)},${y(v).toFixed(1)}`).join(" "));
		this.node.setAttribute("aria-label", `up to ${format.rate(top)} MiB/s`);
	}
}

class Row {
	constructor() {
		this.cells = COLUMNS.map((column) => el("td", { role: "cell",
			class: `c-${column.key}${column.number ? " n" : ""}`,
			"data-label": column.label }));
		this.node = el("tr", { role: "row" }, ...this.cells);
		this.spark = new Spark();
		this.cells[COLUMNS.findIndex((c) => c.spark)].append(this.spark.node);
	}

	set(channel, most) {
		this.node.dataset.state = channel.state;
		this.node.dataset.channel = channel.id;
		this.node.dataset.kind = channel.kind;
		COLUMNS.forEach((column, i) => {
			if (column.state)
				text(this.cells[i], `${STATES[channel.state] ?? "?"} ${channel.state}`);
			else if (!column.spark)
				text(this.cells[i], column.cell(channel));
		});
		this.spark.set(channel.rates, most);
	}
}

export function channelsInit() {
	const rows = new Map();
	const body = el("tbody", { role: "rowgroup" });
	let order = { key: "id", down: false };
	let view = null;

	function sortBy(key) {
		const number = COLUMNS.find((c) => c.key === key).number;

		order = { key, down: order.key === key ? !order.down : Boolean(number) };
		show();
	}

	const heads = COLUMNS.map((column) => el("th", { role: "columnheader",
		scope: "col", class: `c-${column.key}${column.number ? " n" : ""}` },
		column.spark ? el("span", {}, column.label) :
			el("button", { type: "button", onclick: () => sortBy(column.key) },
				column.label)));

	byId("channels").append(el("table", { role: "table", class: "channels",
		"aria-labelledby": "channels-h" },
		el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)), body));

	function sorted() {
		const { value } = COLUMNS.find((c) => c.key === order.key);
		const sign = order.down ? -1 : 1;

		return [...view.channels].sort((a, b) =>
			sign * compare(value(a), value(b)) || a.id - b.id);
	}

	function show() {
		const most = Math.max(...view.channels.flatMap((c) => c.rates
			.slice(-SPARK.points).map((v) => v ?? 0)), 0);
		const nodes = sorted().map((channel) => {
			if (!rows.has(channel.id))
				rows.set(channel.id, new Row());
			const row = rows.get(channel.id);

			row.set(channel, most);
			return row.node;
		});

		heads.forEach((head, i) => head.setAttribute("aria-sort",
			COLUMNS[i].key !== order.key ? "none" :
				order.down ? "descending" : "ascending"));
		if (nodes.some((node, i) => body.children[i] !== node) ||
		    body.children.length !== nodes.length)
			body.replaceChildren(...nodes);
	}

	return {
		update(next) {
			view = next;
			show();
		},
	};
}
