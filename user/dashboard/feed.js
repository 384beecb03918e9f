// SPDX-License-Identifier: GPL-2.0-only
// Samples from mgxd: what there has been, then one after the other, and what to
// say when none comes.

const FINE = 300; /* seconds of which the page asks for each sample */
const COARSE = 300; /* samples of the time before */
const PATIENCE = 3; /* periods without a sample: out of date */
const FIRST_RETRY = 1000;
const LAST_RETRY = 10000;

async function get(path) {
	const answer = await fetch(path, { cache: "no-store" });

	if (!answer.ok)
		throw new Error(`${path}: ${answer.status}`);
	return answer.json();
}

export class Feed {
	/** @hooks: changed(), state({ state, label, message }), clock(seconds) */
	constructor(model, hooks) {
		this.model = model;
		this.hooks = hooks;
		this.retry = FIRST_RETRY;
		this.heard = 0; /* when the last sample came, by our clock */
	}

	start() {
		setInterval(() => this.judge(), 500);
		this.connect();
	}

	async connect() {
		try {
			await this.catchUp();
		} catch {
			this.again();
			return;
		}
		this.stream = new EventSource("/api/v1/events");
		this.stream.addEventListener("sample", (event) =>
			this.sample(JSON.parse(event.data)));
		this.stream.addEventListener("rare", (event) => {
			this.model.note(JSON.parse(event.data));
			this.hooks.changed();
		});
		this.stream.addEventListener("error", () => this.again());
	}

	/* Another try, later each time; a browser's own are not under our control. */
	again() {
		this.stream?.close();
		this.stream = null;
		this.judge();
		setTimeout(() => this.connect(), this.retry);
		this.retry = Math.min(LAST_RETRY, 2 * this.retry);
	}

	/* An hour roughly and the last minutes in full, or what was missed. */
	async catchUp() {
		const state = await get("/api/v1/state");
		const fine = Math.max(this.model.lastTime, state.time_ms - 1000 * FINE);
		const recent = await get(`/api/v1/history?since=${Math.floor(fine)}&max=${FINE}`);
		const before = this.model.lastTime < fine ?
			await get(`/api/v1/history?max=${COARSE}`) : { samples: [] };
		const { rare } = await get("/api/v1/rare");

		for (const sample of before.samples.filter((s) => s.time_ms <= fine))
			this.model.add(sample);
		for (const sample of recent.samples)
			this.model.add(sample);
		for (const event of rare)
			this.model.note(event);
		this.sample(state);
	}

	sample(sample) {
		this.model.add(sample);
		this.heard = Date.now();
		this.retry = FIRST_RETRY;
		this.judge();
		this.hooks.changed();
	}

	/* How fresh the figures are. */
	judge() {
		const { sample } = this.model;

		if (!sample) {
			this.hooks.state({ state: "connecting", label: "connecting", message:
				this.stream === null ? "mgxd does not answer. Trying again." : null });
			return;
		}
		const silent = (Date.now() - this.heard) / 1000;

		if (!this.stream && silent > 1 || silent > PATIENCE * sample.period_ms / 1000)
			this.stale(sample, silent);
		else if (sample.replay)
			this.hooks.state({ state: "replay", label: "replay of a recording" });
		else
			this.live(sample);
	}

	stale(sample, silent) {
		const since = this.hooks.clock(sample.time_ms / 1000);

		this.hooks.state({ state: "stale", label: `out of date since ${since}`,
			message: `mgxd has not been heard of for ${Math.round(silent)} s: these are ` +
				`the figures of ${since}. The page goes on by itself when it comes back.` });
	}

	live(sample) {
		this.hooks.state({ state: "live", label: "live", message: sample.module ? null :
			"The module migrate_ext is not loaded. The page goes on when it is." });
	}
}
