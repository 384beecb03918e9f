// SPDX-License-Identifier: GPL-2.0-only
// Compares what the page shows with the samples of mgxd, by arithmetic of its own.

import assert from "node:assert/strict";

import { until } from "./lib.mjs";

const UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/* "1,234.5": the number, and how far off its rounding may be. */
function parse(text) {
	const [, digits, fraction = "", unit] =
		/^([\d,]+)(?:\.(\d+))?(?:\s*(\S+))?$/u.exec(text.trim()) ?? [];

	assert.ok(digits, `'${text}' is no figure`);
	return { value: Number(`${digits.replaceAll(",", "")}.${fraction || 0}`), unit,
		off: 0.5001 * 10 ** -fraction.length };
}

/* The page says @text where @value is right. */
function same(text, value, what) {
	if (value === null) {
		assert.equal(text, "\u2013", what);
		return;
	}
	const { value: shown, unit, off } = parse(text);
	const right = value / (UNITS[unit] ?? 1);

	assert.ok(Math.abs(shown - right) <= off, `${what}: '${text}' for ${right}`);
}

const byId = (sample, id) => sample.channels.find((c) => c.id === id);

function compareChannel(row, before, now, seconds) {
	const id = Number(row.id);
	const channel = byId(now, id);
	const what = `channel ${id}`;

	assert.ok(channel, `${what} is on the page only`);
	assert.equal(row.name, channel.name);
	assert.equal(row.kind, channel.kind);
	assert.ok(row.state.endsWith(channel.state), `${what}: ${row.state}`);
	same(row.rate, (channel.bytes - byId(before, id).bytes) / seconds / UNITS.MiB,
		`${what}, rate`);
	same(row.bytes, channel.bytes, `${what}, total`);
	same(row.errors, channel.errors, `${what}, errors`);
	same(row.inflight, channel.inflight, `${what}, in flight`);
	same(row.p50, channel.p50_ns === null ? null : channel.p50_ns / 1000, `${what}, p50`);
	same(row.p99, channel.p99_ns === null ? null : channel.p99_ns / 1000, `${what}, p99`);
}

/* All that the page shows at this moment. */
function read(page) {
	return page.evaluate(() => ({
		seq: Number(document.body.dataset.sample),
		policy: document.querySelector("#policy .name").textContent,
		channels: [...document.querySelectorAll("#channels tbody tr")].map((row) =>
			Object.fromEntries([...row.children].map((cell) =>
				[cell.classList[0].slice(2), cell.textContent]))),
		counters: Object.fromEntries([...document.querySelectorAll("#counters tbody tr")]
			.map((row) => [row.children[0].firstChild.textContent, row.children[1].textContent])),
		decisions: [...document.querySelectorAll("#decisions td span.unseen")]
			.map((cell) => cell.textContent),
	}));
}

/* The sample the page shows, and the one before it, if totals go on between them. */
async function samples(daemon, seq) {
	const { samples: list } = await daemon.json("/api/v1/history?max=3600");
	const at = list.findIndex((s) => s.seq === seq);

	return at > 0 && list[at - 1].seq === seq - 1 &&
		list[at - 1].epoch === list[at].epoch ? [list[at - 1], list[at]] : null;
}

/* Holds the page still at a sample; a recording begins anew now and then. */
async function hold(page, daemon) {
	await page.click("#pause");
	const shown = await read(page);
	const pair = await samples(daemon, shown.seq);

	if (pair)
		return { shown, pair };
	await page.click("#pause");
	return null;
}

function compareCounters(shown, events) {
	for (const [name, value] of Object.entries(events))
		if (value)
			same(shown[name.replaceAll("_", " ")], value, `counter ${name}`);
	assert.equal(Object.keys(shown).length,
		Object.values(events).filter((value) => value).length);
}

/* Each figure of the page, held still, is that of its sample. */
export async function figuresEqual(page, daemon) {
	const { shown, pair: [before, now] } = await until("a sample that follows another",
		() => hold(page, daemon));
	const kinds = new Set(now.choices.filter((c) => c.batches)
		.map((c) => `${c.reason} ${c.size}`));

	assert.equal(shown.policy, now.policy.name ?? "none");
	assert.equal(shown.channels.length, now.channels.length);
	for (const row of shown.channels)
		compareChannel(row, before, now, (now.time_ms - before.time_ms) / 1000);
	compareCounters(shown.counters, now.events);
	assert.equal(shown.decisions.length, kinds.size);
	assert.ok(now.channels.some((c) => c.bytes), "nothing was ever copied");
}
