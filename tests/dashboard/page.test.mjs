// SPDX-License-Identifier: GPL-2.0-only
// The dashboard in Chromium, served by mgxd from a recording.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { figuresEqual } from "./figures.mjs";
import { browserStart, Daemon, freePort, openPage, shot, until, violations }
	from "./lib.mjs";

let browser;
let daemon;

before(async () => {
	daemon = new Daemon(await freePort(), ["--replay", process.env.MGX_RECORDING]);
	await daemon.start();
	browser = await browserStart();
});

after(async () => {
	await browser?.close();
	await daemon?.stop();
});

async function withPage(options, body) {
	const page = await openPage(browser, daemon.url, options);

	try {
		await body(page);
		assert.deepEqual(page.complaints, [], "console");
	} finally {
		await page.context().close();
	}
}

const state = (page) => page.getAttribute("#feed", "data-state");

for (const colorScheme of ["light", "dark"]) {
	test(`${colorScheme}: contrast, labels and roles by axe-core`, () =>
		withPage({ colorScheme }, async (page) => {
			await page.click("#record-table summary");
			await shot(page, `replay-${colorScheme}`);
			assert.deepEqual(await violations(page), []);
		}));
}

test("phone: 360 pixels wide, nothing beyond them, axe-core", () =>
	withPage({ viewport: { width: 360, height: 780 } }, async (page) => {
		const wide = await page.evaluate(() => [document.documentElement.scrollWidth,
			...[...document.querySelectorAll("main *")]
				.filter((e) => e.getBoundingClientRect().right > 360.5 &&
					!e.closest(".scroll, .unseen"))
				.map((e) => e.outerHTML.slice(0, 80))]);

		await shot(page, "replay-phone");
		assert.deepEqual(wide, [360]);
		assert.deepEqual(await violations(page), []);
	}));

test("theme: the button changes it, and the choice stays", () =>
	withPage({ colorScheme: "light" }, async (page) => {
		const theme = () => page.evaluate(() => document.documentElement.dataset.theme);

		assert.equal(await theme(), "light");
		await page.click("#theme");
		assert.equal(await theme(), "dark");
		await page.reload();
		await page.waitForSelector("#channels tbody tr");
		assert.equal(await theme(), "dark");
	}));

test("says that it shows a replay", () => withPage({}, async (page) => {
	await until("the word replay", async () => await state(page) === "replay");
	assert.match(await page.textContent("#feed"), /replay/i);
}));

test("figures are those of /api at that moment", () => withPage({}, (page) =>
	figuresEqual(page, daemon)));

/* The element that has the focus, as a short text. */
const focused = (page) => page.evaluate(() => {
	const e = document.activeElement;

	return e === document.body ? null :
		e.id || e.name || e.textContent.trim() || e.tagName;
});

test("keyboard: skip link, each control in turn, focus is seen", () =>
	withPage({}, async (page) => {
		const seen = [];

		await page.keyboard.press("Tab");
		assert.equal(await focused(page), "Skip to the figures");
		assert.ok((await page.locator(".skip").boundingBox()).y >= 0);
		await page.keyboard.press("Enter");
		assert.equal(await focused(page), "main");
		await page.focus("#pause");
		/* Behind the last one the focus leaves the page. */
		while (await focused(page)) {
			seen.push(await focused(page));
			assert.notEqual(await page.evaluate(() => getComputedStyle(
				document.activeElement).outlineStyle), "none", seen.at(-1));
			await page.keyboard.press("Tab");
		}
		for (const stop of ["pause", "theme", "rate", "latency", "heat-of", "heat",
			"Name", "MiB/s", "Errors"])
			assert.ok(seen.includes(stop), `${stop} is not among ${seen}`);
	}));

test("keyboard: arrows walk through a chart and say what it shows", () =>
	withPage({}, async (page) => {
		const said = () => page.getAttribute("#rate", "aria-valuetext");

		await page.click("#pause");
		await page.focus("#rate");
		await page.keyboard.press("End");
		const last = await said();
		await page.keyboard.press("ArrowLeft");
		assert.notEqual(await said(), last);
		assert.match(await said(), /^\d\d:\d\d:\d\d: .*calling CPU .* MiB\/s$/);
		await page.keyboard.press("Home");
		assert.equal(await page.getAttribute("#rate", "aria-valuenow"), "0");
	}));

const column = (page, key) => page.$$eval(`#channels tbody .c-${key}`,
	(cells) => cells.map((cell) => cell.textContent));

test("channels: sorted by buttons, both ways, said to assistive technology", () =>
	withPage({}, async (page) => {
		const button = page.locator("#channels th.c-name button");
		const names = () => column(page, "name");

		await button.focus();
		await page.keyboard.press("Enter");
		const up = await names();
		assert.deepEqual(up, [...up].sort((a, b) => a.localeCompare(b)));
		assert.equal(await page.getAttribute("#channels th.c-name", "aria-sort"),
			"ascending");
		await page.keyboard.press("Enter");
		assert.deepEqual(await names(), up.reverse());
		assert.equal(await page.getAttribute("#channels th.c-name", "aria-sort"),
			"descending");
	}));

test("policy: a content security policy holds, nothing is fetched from elsewhere", () =>
	withPage({}, async (page) => {
		const answer = await page.request.get(daemon.url);
		const csp = answer.headers()["content-security-policy"] ?? "";
		const urls = await page.evaluate(() => performance.getEntriesByType("resource")
			.map((entry) => new URL(entry.name).origin));

		assert.match(csp, /default-src/);
		assert.doesNotMatch(csp, /unsafe/);
		assert.deepEqual([...new Set(urls)], [daemon.url]);
	}));

test("mgxd goes and comes back: the page says so and goes on by itself", async () => {
	const page = await openPage(browser, daemon.url);

	await until("figures", async () => await state(page) === "replay");
	await daemon.stop();
	await until("stale", async () => await state(page) === "stale");
	assert.match(await page.textContent("#notice"), /mgxd/);
	await shot(page, "replay-stale");
	await daemon.start();
	await until("back", async () => await state(page) === "replay");
	assert.equal(await page.isVisible("#notice[data-bad]"), false);
	/* A browser reports each connection that fails; nothing else may be there. */
	assert.deepEqual(page.complaints.filter((text) =>
		!/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/
			.test(text)), []);
	await page.context().close();
});
