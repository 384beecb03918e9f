// SPDX-License-Identifier: GPL-2.0-only
// The dashboard in Chromium, served by mgxd in a guest that migrates meanwhile.

import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { figuresEqual } from "./figures.mjs";
import { browserStart, jsonOf, openPage, shot, until, violations } from "./lib.mjs";

const url = process.env.MGX_URL;
const dir = process.env.MGX_GUEST;
const daemon = { url, json: (path) => jsonOf(url, path) };
let browser;

before(async () => {
	browser = await browserStart();
});

after(async () => {
	await browser?.close();
	writeFileSync(`${dir}/stop`, "");
});

const state = (page) => page.getAttribute("#feed", "data-state");
const moved = async () => (await daemon.json("/api/v1/state")).channels
	.reduce((sum, channel) => sum + channel.bytes, 0);

test("live: figures of a guest that migrates are those of /api", async () => {
	const page = await openPage(browser, url);
	const start = await moved();

	await until("live", async () => await state(page) === "live");
	await until("memory is moved", async () => await moved() > start);
	await until("decisions", async () => await page.locator(
		"#decisions td span.unseen").count());
	await until("latencies", async () => /\d/.test(
		await page.textContent("#latency-legend")));
	assert.match(await page.textContent("#sentence"), /mgx_roundrobin/);
	await figuresEqual(page, daemon);
	await page.click("#pause");
	await shot(page, "live");
	assert.deepEqual(await violations(page), []);
	assert.deepEqual(page.complaints, []);
	await page.context().close();
});

test("live: mgxd restarts, the page goes on", async () => {
	const page = await openPage(browser, url);

	await until("live", async () => await state(page) === "live");
	writeFileSync(`${dir}/restart`, "");
	await until("stale", async () => await state(page) === "stale");
	await shot(page, "live-stale");
	rmSync(`${dir}/restart`);
	await until("live again", async () => await state(page) === "live");
	const at = await page.getAttribute("body", "data-sample");
	await until("new samples", async () =>
		await page.getAttribute("body", "data-sample") !== at);
	await page.context().close();
});

test("live: mgxtop shows the same to a user without privileges", async () => {
	await until("mgxtop's reports", () => existsSync(`${dir}/mgxtop`));
	const text = readFileSync(`${dir}/mgxtop`, "utf8");
	const rates = [...text.matchAll(/^([\d.]+) MiB\/s/gm)].map((m) => Number(m[1]));

	assert.match(text, /^policy mgx_roundrobin active {3}live$/m);
	assert.match(text, /^ *0 caller +caller +all up /m);
	assert.equal(rates.length, 20);
	assert.ok(Math.max(...rates) > 0, `nothing moved: ${rates}`);
});
