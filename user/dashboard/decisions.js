// SPDX-License-Identifier: GPL-2.0-only
// What the policy decided, by reason of the migration and size of the folios:
// one small bar each, in a table whose cells can be read without seeing it.

import { byId, el, text } from "./dom.js";
import * as format from "./format.js";

const PARTS = [
	{ key: "copied", label: "copied as it decided" },
	{ key: "fallback", label: "decided, then left to the kernel" },
	{ key: "declined", label: "left to the kernel" },
];

function bar(cell, most) {
	const width = 100 * Math.sqrt(cell.bytes / most);
	const box = el("div", { class: "amount", "aria-hidden": "true" });

	box.style.width = `${Math.max(2, width)}%`;
	for (const { key } of PARTS) {
		if (!cell[key])
			continue;
		const part = el("i", { class: `part ${key}` });

		part.style.flexGrow = String(cell[key]);
		box.append(part);
	}
	return box;
}

function describe(cell) {
	const parts = PARTS.filter(({ key }) => cell[key])
		.map(({ key, label }) => `${format.percent(cell[key], cell.bytes)} ${label}`);

	return [`${format.bytes(cell.bytes)} in ${format.count(cell.batches)} batches`,
		...parts].join(", ");
}

function td(cell, most, label) {
	if (!cell?.batches)
		return el("td", { class: "empty", role: "cell", "data-label": label },
			format.NONE);
	return el("td", { title: describe(cell), role: "cell", "data-label": label },
		bar(cell, most),
		el("span", { class: "n" }, format.bytes(cell.bytes)),
		el("span", { class: "sub" }, `${format.count(cell.batches)} batches`,
			cell.p50_ns == null ? "" : `, ${format.time(cell.p50_ns)}`),
		el("span", { class: "unseen" }, describe(cell)));
}

function row(reason, view, most) {
	return el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" },
		format.words(reason)),
	...view.decisions.sizes.map((size) => td(view.decisions.cells
		.get(`${reason} ${size}`), most, size)));
}

function table(view) {
	const { reasons, sizes, cells } = view.decisions;
	const most = Math.max(1, ...[...cells.values()].map((c) => c.bytes));

	return el("table", { class: "decisions", role: "table",
		"aria-labelledby": "decisions-h" },
	el("thead", { role: "rowgroup" }, el("tr", { role: "row" },
		el("th", { scope: "col", role: "columnheader" }, "Reason"),
		...sizes.map((size) => el("th", { scope: "col", role: "columnheader" }, size)))),
	el("tbody", { role: "rowgroup" }, ...reasons.map((r) => row(r, view, most))));
}

function key() {
	return el("ul", { class: "legend" }, ...PARTS.map((part) => el("li", {},
		el("i", { class: `key ${part.key}`, "aria-hidden": "true" }), part.label)));
}

function nodes(view) {
	const name = (nid) => nid < 0 ? "unknown" : `node ${nid}`;

	return el("p", { class: "note" }, "Between nodes: ", view.decisions.nodes
		.map(({ src, dst, bytes }) =>
			`${name(src)} \u2192 ${name(dst)} ${format.bytes(bytes)}`).join(", "), ".");
}

export function decisionsInit() {
	const box = el("div");
	const legend = key();
	let shown = "";

	byId("decisions").append(legend, box);
	return {
		update(view) {
			const now = JSON.stringify([view.decisions.sizes, view.decisions.reasons,
				...view.decisions.cells.values()]);

			text(byId("decisions-note"), view.decisions.note);
			legend.hidden = !view.decisions.reasons.length;
			if (now === shown)
				return;
			shown = now;
			box.replaceChildren(...(view.decisions.reasons.length ?
				[table(view), nodes(view)] : []));
		},
	};
}
