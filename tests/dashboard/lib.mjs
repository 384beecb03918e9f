// SPDX-License-Identifier: GPL-2.0-only
// What the tests of the dashboard share: mgxd, the browser, axe-core.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";

const require = createRequire(`${process.env.MGX_NODE}/`);
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const SHOTS = process.env.MGX_SHOTS;

/** How long anything may take on a machine that has other things to do. */
export const PATIENCE = 60000;

export function sleep(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until check() gives something. */
export async function until(what, check, patience = PATIENCE) {
	const end = Date.now() + patience;

	for (;;) {
		const found = await check();

		if (found)
			return found;
		if (Date.now() > end)
			throw new Error(`${what}: not within ${patience / 1000} s`);
		await sleep(100);
	}
}

export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");

	await once(server, "listening");
	const { port } = server.address();

	server.close();
	await once(server, "close");
	return port;
}

async function answers(url) {
	try {
		return (await fetch(url)).ok;
	} catch {
		return false;
	}
}

/** What the API answers. */
export async function jsonOf(url, path) {
	const answer = await fetch(url + path);

	if (!answer.ok)
		throw new Error(`${path}: ${answer.status}`);
	return answer.json();
}

/** mgxd that serves a recording; stop() and start() are a restart. */
export class Daemon {
	constructor(port, args) {
		this.url = `http://127.0.0.1:${port}`;
		this.args = [...args, "--port", String(port)];
	}

	async start() {
		this.child = spawn(process.env.MGX_MGXD ?? "/src/build/bin/mgxd", this.args,
			{ stdio: ["ignore", "inherit", "inherit"] });
		await until("mgxd answers", () => {
			if (this.child.exitCode !== null)
				throw new Error(`mgxd ended with status ${this.child.exitCode}`);
			return answers(`${this.url}/`);
		});
	}

	async stop() {
		if (!this.child || this.child.exitCode !== null)
			return;
		this.child.kill("SIGTERM");
		await once(this.child, "exit");
	}

	json(path) {
		return jsonOf(this.url, path);
	}
}

export async function browserStart() {
	return chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE });
}

/** A page that remembers what went wrong in it. */
export async function openPage(browser, url, options = {}) {
	const context = await browser.newContext({ viewport: { width: 1360, height: 900 },
		bypassCSP: false, ...options });
	const page = await context.newPage();

	page.setDefaultTimeout(PATIENCE);
	page.complaints = [];
	page.on("console", (message) => {
		if (["error", "warning"].includes(message.type()))
			page.complaints.push(message.text());
	});
	page.on("pageerror", (error) => page.complaints.push(error.stack));
	await page.goto(url);
	await page.waitForSelector("#channels tbody tr");
	return page;
}

/** What axe-core finds, one line each. */
export async function violations(page) {
	await page.evaluate(axeSource);
	const { violations: found } = await page.evaluate(() => globalThis.axe.run(document,
		{ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
			"best-practice"] }));

	return found.flatMap((rule) => rule.nodes.map((node) =>
		`${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}

/** A picture of the whole page; its path is printed. */
export async function shot(page, name) {
	const path = `${SHOTS}/${name}.png`;

	mkdirSync(SHOTS, { recursive: true });
	await page.evaluate(() => scrollTo(0, 0));
	await page.screenshot({ path, fullPage: true });
	console.log(`# screenshot: ${path.replace("/src/", "")}`);
}
