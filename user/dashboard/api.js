// SPDX-License-Identifier: GPL-2.0-only
// From the samples of mgxd-api(7) to what the page shows. Samples have totals;
// a row is the difference of two of them.

import { quantile } from "./hist.js";

const EVENT_MARKS = ["module_loaded", "module_gone", "policy_attached",
	"policy_ended", "channel_failed", "channel_state"];

/* Pairs of [bucket, count] of a histogram, less those of an earlier one. */
function histLess(now, before = []) {
	const old = new Map(before);

	return now.map(([bucket, n]) => [bucket, n - (old.get(bucket) ?? 0)])
		.filter(([, n]) => n > 0);
}

/* One histogram of many. */
export function histSum(lists) {
	const sum = new Map();

	for (const list of lists)
		for (const [bucket, n] of list)
			sum.set(bucket, (sum.get(bucket) ?? 0) + n);
	return [...sum].sort((a, b) => a[0] - b[0]);
}

export function histDense(pairs) {
	const counts = [];

	for (const [bucket, n] of pairs)
		counts[bucket] = n;
	return Array.from(counts, (n) => n ?? 0);
}

const channelById = (sample) => new Map(sample.channels.map((c) => [c.id, c]));

function choiceHist(sample, member) {
	return histSum(sample.choices.map((choice) => choice[member]));
}

/** Nothing is known of the time before this sample. */
export function rowEmpty(sample) {
	return { t: sample.time_ms / 1000, dt: sample.period_ms / 1000, rate: {},
		channels: {}, hist: {}, counts: {} };
}

/* Totals that went down have begun anew, whatever the epoch says. */
function continues(before, now) {
	return before && before.epoch === now.epoch && now.time_ms > before.time_ms &&
		now.module && before.module && (now.events.batches >= before.events.batches) &&
		now.channels.every((c) => c.bytes >=
			(channelById(before).get(c.id)?.bytes ?? 0));
}

function channelRates(before, now, row) {
	const old = channelById(before);

	for (const channel of now.channels) {
		const was = old.get(channel.id);
		const rate = (channel.bytes - (was?.bytes ?? 0)) / row.dt;

		row.channels[channel.id] = rate;
		row.rate[channel.kind] = (row.rate[channel.kind] ?? 0) + rate;
		if (channel.latency)
			row.hist[channel.id] = histLess(channel.latency, was?.latency ?? []);
	}
}

function quantiles(row) {
	const counts = histDense(row.hist.batch);

	row.p50 = quantile(counts, 0.5);
	row.p90 = quantile(counts, 0.9);
	row.p99 = quantile(counts, 0.99);
}

/** What happened between two samples. */
export function rowBetween(before, now) {
	const row = rowEmpty(now);

	if (!continues(before, now))
		return row;
	row.dt = (now.time_ms - before.time_ms) / 1000;
	row.rate = { dmaengine: 0, native: 0, cpu: 0, caller: 0 };
	channelRates(before, now, row);
	for (const [name, value] of Object.entries(now.events))
		row.counts[name] = value - (before.events[name] ?? 0);
	row.rate.kernel = row.counts.pages_kernel * (now.page_size ?? 4096) / row.dt;
	row.batches = row.counts.batches / row.dt;
	row.hist.batch = histLess(choiceHist(now, "latency"), choiceHist(before, "latency"));
	row.hist.first = histLess(choiceHist(now, "first"), choiceHist(before, "first"));
	quantiles(row);
	return row;
}

const SIZES = { "4K": "4 KiB", "64K": "up to 64 KiB", "<2M": "below 2 MiB",
	"2M": "2 MiB", ">2M": "above 2 MiB" };

function decisionCells(choices) {
	const cells = new Map();

	for (const choice of choices) {
		const key = `${choice.reason} ${SIZES[choice.size] ?? choice.size}`;
		const cell = cells.get(key) ?? { batches: 0, bytes: 0, copied: 0,
			fallback: 0, latency: [] };

		cell.batches += choice.batches;
		cell.bytes += choice.bytes;
		cell.copied += choice.copied;
		cell.fallback += choice.fallback;
		cell.latency = histSum([cell.latency, choice.latency]);
		cells.set(key, cell);
	}
	for (const cell of cells.values()) {
		cell.declined = Math.max(0, cell.bytes - cell.copied - cell.fallback);
		cell.p50_ns = quantile(histDense(cell.latency), 0.5);
	}
	return cells;
}

function nodePairs(choices) {
	const pairs = new Map();

	for (const { src, dst, bytes, batches } of choices) {
		const key = `${src} ${dst}`;
		const pair = pairs.get(key) ?? { src, dst, bytes: 0, batches: 0 };

		pair.bytes += bytes;
		pair.batches += batches;
		pairs.set(key, pair);
	}
	return [...pairs.values()].sort((a, b) => b.bytes - a.bytes);
}

const MONITOR_OFF = "The monitor is not attached: nothing is known by reason and size, nor of " +
	"the times of batches. ";

/* What the module alone counts by reason. */
function pagesByReason(reasons) {
	const seen = Object.entries(reasons).filter(([, pages]) => pages);

	return seen.length ? `Base pages shown to policies: ${seen.map(([reason, pages]) =>
		`${reason.replaceAll("_", " ")} ${pages}`).join(", ")}.` :
		"No batch was shown to a policy yet.";
}

function decisionsNote({ monitor, reasons }, shown) {
	if (!shown.length)
		return (monitor ? "" : MONITOR_OFF) + pagesByReason(reasons);
	return monitor ? "Bytes of the batches since the monitor counts, by the reason of " +
		"the migration and the largest folio. Bars grow with the square root." :
		"The monitor is not attached: these figures stand still.";
}

function decisions(sample) {
	const { choices } = sample;
	const shown = choices.filter((c) => c.batches);
	const sizes = Object.entries(SIZES).filter(([size]) =>
		shown.some((c) => c.size === size)).map(([, label]) => label);
	const bytesOf = (reason) => shown.filter((c) => c.reason === reason)
		.reduce((sum, c) => sum + c.bytes, 0);
	const reasons = [...new Set(shown.map((c) => c.reason))]
		.sort((a, b) => bytesOf(b) - bytesOf(a));

	return { sizes, reasons, cells: decisionCells(shown), nodes: nodePairs(shown),
		note: decisionsNote(sample, shown) };
}

function policy(sample) {
	const { policy: p, last_exit: exit } = sample;

	return {
		state: sample.module ? p.state : "absent",
		name: p.name,
		since: p.since_ms == null ? null : p.since_ms / 1000,
		now: sample.time_ms / 1000,
		enable_seq: p.enable_seq,
		settings: p.parameters,
		exit: exit && { name: exit.policy, kind: exit.kind, code: exit.code,
			msg: exit.message },
		refused: { count: p.nr_rejected, reason: p.reject_reason },
	};
}

/** What the page shows of the latest sample as it is. */
export function present(sample) {
	return {
		seq: sample.seq,
		period: sample.period_ms / 1000,
		replay: sample.replay,
		monitor: sample.monitor,
		module: sample.module,
		host: `Linux ${sample.kernel}`,
		about: sample.module ? `migrate_ext ${sample.module.version}, ` +
			`interface ${sample.module.interface}, hooks ${sample.module.hooks}` :
			"migrate_ext is not loaded",
		channels: sample.channels,
		policy: policy(sample),
		decisions: decisions(sample),
		totals: sample.events,
	};
}

/** A rare event. */
export function rareEvent(rare) {
	return { key: `${rare.time_ms} ${rare.kind} ${rare.text}`, t: rare.time_ms / 1000,
		bad: rare.severity === "bad", warn: rare.severity === "warn", what: rare.text,
		mark: EVENT_MARKS.includes(rare.kind) };
}
