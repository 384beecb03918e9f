// SPDX-License-Identifier: GPL-2.0-only
// Puts the parts of the page together.

import { channelsInit } from "./channels.js";
import { decisionsInit } from "./decisions.js";
import { byId, text } from "./dom.js";
import { countersInit, eventsInit } from "./events.js";
import { Feed } from "./feed.js";
import * as format from "./format.js";
import { heatInit } from "./heat.js";
import { latencyInit } from "./latency.js";
import { Model } from "./model.js";
import { policyInit } from "./policy.js";
import { rateInit } from "./rate.js";
import { recordInit } from "./record.js";
import { summaryInit } from "./summary.js";
import { themeInit } from "./theme.js";

const model = new Model();
const parts = [
	summaryInit(), rateInit(), latencyInit(), heatInit(() => show()), recordInit(),
	policyInit(), eventsInit(), channelsInit(), decisionsInit(), countersInit(),
];
let span = 300;
let paused = false;

function show() {
	if (model.empty)
		return;
	const view = model.view(span);

	for (const part of parts)
		part.update(view);
	document.body.dataset.sample = view.seq;
	text(byId("host"), view.host);
	text(byId("about"), view.about);
}

/* At most once a frame, however much arrives at once. */
let waiting = false;

function soon() {
	if (waiting || paused)
		return;
	waiting = true;
	requestAnimationFrame(() => {
		waiting = false;
		show();
	});
}

function notice(message, bad) {
	const box = byId("notice");

	text(box, message ?? "");
	box.hidden = !message;
	box.toggleAttribute("data-bad", Boolean(bad));
}

/* What the page can say about the freshness of its own figures. */
function state({ state: word, label, message }) {
	byId("feed").dataset.state = word;
	text(byId("feed").querySelector(".word"), label);
	document.body.toggleAttribute("data-stale", word === "stale");
	notice(message, word === "stale");
}

function controls() {
	byId("span").addEventListener("change", (event) => {
		span = Number(event.target.value);
		show();
	});
	byId("pause").addEventListener("click", (event) => {
		paused = !paused;
		event.currentTarget.setAttribute("aria-pressed", String(paused));
		text(event.currentTarget, paused ? "Paused" : "Pause");
		soon();
	});
}

controls();
themeInit(() => {
	for (const part of parts)
		part.rebuild?.();
	show();
});
new Feed(model, { changed: soon, state, clock: format.clock }).start();
