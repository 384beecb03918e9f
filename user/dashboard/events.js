// SPDX-License-Identifier: GPL-2.0-only
// What happened, newest first, and the counters of the module.

import { byId, el } from "./dom.js";
import * as format from "./format.js";

const SHOWN = 40;

function item(event) {
	return el("li", { class: event.bad ? "bad" : event.warn ? "warn" : null },
		el("time", { datetime: new Date(event.t * 1000).toISOString() },
			format.clock(event.t)),
		el("p", {}, event.bad ? "\u25b2 " : event.warn ? "\u25b3 " : null, event.what));
}

export function eventsInit() {
	const root = byId("events");
	let shown = null;

	return {
		update({ events }) {
			const key = `${events.length} ${events.at(-1)?.key}`;

			if (key === shown)
				return;
			shown = key;
			root.replaceChildren(...(events.length ?
				events.slice(-SHOWN).reverse().map(item) :
				[el("li", { class: "none" }, "Nothing out of the ordinary.")]));
		},
	};
}

function counter({ name, value, recent }, meaning) {
	return el("tr", {}, el("th", { scope: "row" }, format.words(name),
		el("span", { class: "meaning" }, meaning)),
		el("td", { class: "n" }, format.count(value)),
		el("td", { class: "n" }, recent ? `+${format.count(recent)}` : format.NONE));
}

/* What each counter counts: without it there are names, and the page goes on. */
async function meanings() {
	try {
		return (await (await fetch("/api/v1/counters")).json()).events;
	} catch {
		return null;
	}
}

export function countersInit() {
	const body = el("tbody");
	const zero = el("p", { class: "note" });
	let texts = null, asked = false;

	byId("counters").append(el("table", { class: "counters",
		"aria-labelledby": "counters-h" },
		el("thead", {}, el("tr", {}, ...["Counter", "Total", "Last sample"]
			.map((label, i) => el("th", { scope: "col",
				class: i ? "n" : null }, label)))), body), zero);

	return {
		update({ counters }) {
			const some = counters.filter((c) => c.value);
			const none = counters.filter((c) => !c.value).map((c) => c.name);

			/* Each sample tries again, one at a time. */
			if (!texts && !asked) {
				asked = true;
				meanings().then((got) => {
					texts = got;
					asked = false;
				});
			}
			body.replaceChildren(...some.map((c) => counter(c, texts?.[c.name] ?? "")));
			zero.textContent = none.length ? `Never yet: ${none.map(format.words).join(", ")}.` : "";
		},
	};
}
