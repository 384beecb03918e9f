// SPDX-License-Identifier: GPL-2.0-only
// README's picture: the page after a minute in a guest that migrates.

import { after, before, test } from "node:test";
import { writeFileSync } from "node:fs";

import { browserStart, jsonOf, openPage, PATIENCE, SHOTS, until } from "./lib.mjs";

const url = process.env.MGX_URL;
let browser;

before(async () => {
	browser = await browserStart();
});

after(async () => {
	await browser?.close();
	writeFileSync(`${process.env.MGX_GUEST}/stop`, "");
});

test("picture: a minute of live data", async () => {
	const page = await openPage(browser, url, { colorScheme: "light",
		viewport: { width: 1300, height: 700 } });

	await until("a minute of samples", async () =>
		(await jsonOf(url, "/api/v1/history?max=3600")).samples.length > 60,
	5 * PATIENCE);
	await page.click("text=1 min");
	await until("memory is moved", async () =>
		/decides who copies.*by engines/.test(await page.textContent("#sentence")));
	await page.click("#pause");
	await page.screenshot({ path: `${SHOTS}/picture.png` });
});
