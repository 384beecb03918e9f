// SPDX-License-Identifier: GPL-2.0-only
// The charts once more, as a table: for those who cannot or will not see them.

import { byId, el } from "./dom.js";
import * as format from "./format.js";
import { LINES } from "./latency.js";
import { KINDS } from "./rate.js";

const ROWS = 120;

function head() {
	return el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Time"),
		...KINDS.map(({ label }) => el("th", { scope: "col", class: "n" },
			`${label}, MiB/s`)),
		...LINES.map(({ label }) => el("th", { scope: "col", class: "n" },
			`${label}, \u00b5s`))));
}

function row(view, i) {
	return el("tr", {}, el("th", { scope: "row" }, format.clock(view.t[i])),
		...KINDS.map(({ key }) => el("td", { class: "n" },
			format.rate(view.rate[key][i]))),
		...LINES.map(({ key }) => el("td", { class: "n" },
			format.micros(view.latency[key][i]))));
}

export function recordInit() {
	const details = byId("record-table");
	const body = el("tbody");
	let view = null;

	function show() {
		if (!details.open || !view)
			return;
		const last = view.t.length - 1;

		body.replaceChildren(...Array.from({ length: Math.min(ROWS, last + 1) },
			(_none, i) => row(view, last - i)));
	}

	details.querySelector(".scroll").append(el("table", {}, head(), body));
	details.addEventListener("toggle", show);
	return {
		update(next) {
			view = next;
			show();
		},
	};
}
