// SPDX-License-Identifier: GPL-2.0-only
// An hour of samples, and views of the last part of it.

import { present, rareEvent, rowBetween } from "./api.js";

const HOUR = 3600;
const EVENTS = 200;
const KINDS = ["dmaengine", "native", "cpu", "caller", "kernel"];
const QUANTILES = ["p50", "p90", "p99"];

/* "kind" of each list of values, by its name. */
function columns(names, rows, value) {
	return Object.fromEntries(names.map((name) =>
		[name, rows.map((row) => value(row, name))]));
}

export class Model {
	constructor() {
		this.rows = [];
		this.events = [];
		this.sample = null;
	}

	get empty() {
		return !this.sample;
	}

	get lastTime() {
		return this.sample?.time_ms ?? 0;
	}

	/** Takes samples in the order of time; what is known already is left out. */
	add(sample) {
		if (this.sample && sample.time_ms <= this.sample.time_ms)
			return;
		this.rows.push(rowBetween(this.sample, sample));
		this.sample = sample;
		while (this.rows[0].t < this.rows.at(-1).t - HOUR)
			this.rows.shift();
	}

	note(rare) {
		const event = rareEvent(rare);

		if (this.events.some((e) => e.key === event.key))
			return;
		this.events = [...this.events, event].sort((a, b) => a.t - b.t)
			.slice(-EVENTS);
	}

	/** The last @span seconds. */
	view(span) {
		const end = this.rows.at(-1).t;
		const rows = this.rows.filter((row) => row.t >= end - span);
		const last = rows.at(-1);
		const latest = present(this.sample);

		return {
			...latest,
			rows,
			t: rows.map((row) => row.t),
			range: [end - span, end],
			rate: columns(KINDS, rows, (row, kind) => row.rate[kind]),
			latency: columns(QUANTILES, rows, (row, name) => row[name] ?? null),
			now: last,
			total: Object.values(last.rate).reduce((a, b) => a + b, 0),
			channels: latest.channels.map((channel) => ({ ...channel,
				rate: last.channels[channel.id],
				rates: rows.map((row) => row.channels[channel.id]) })),
			events: this.events.filter((e) => e.t <= end + latest.period),
			marks: this.events.filter((e) => e.mark && e.t >= end - span),
			counters: Object.entries(latest.totals).map(([name, value]) =>
				({ name, value, recent: last.counts[name] })),
		};
	}
}
