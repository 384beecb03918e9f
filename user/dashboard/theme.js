// SPDX-License-Identifier: GPL-2.0-only
// Light and dark: what the system prefers, until somebody chooses.

import { byId, text } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");

function stored() {
	try {
		return localStorage.getItem("theme");
	} catch {
		return null; /* storage is off: the choice lasts as long as the page */
	}
}

function store(theme) {
	try {
		localStorage.setItem("theme", theme);
	} catch {
		/* see stored() */
	}
}

/** Calls changed() whenever colours have changed. */
export function themeInit(changed) {
	const button = byId("theme");
	let chosen = stored();

	function apply() {
		const dark = chosen ? chosen === "dark" : system.matches;

		document.documentElement.dataset.theme = dark ? "dark" : "light";
		text(button, dark ? "Light" : "Dark");
		button.setAttribute("aria-label", dark ? "Light colours" : "Dark colours");
		changed();
	}

	button.addEventListener("click", () => {
		chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
		store(chosen);
		apply();
	});
	system.addEventListener("change", apply);
	apply();
}
