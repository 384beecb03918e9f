// SPDX-License-Identifier: GPL-2.0-only
// Figures as people read them. Units are binary and said.

const MIB = 1 << 20;
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/* Between a number and its unit no line ends. */
const NBSP = "\u00a0";

/** What is not known. */
export const NONE = "\u2013";

function digits(value) {
	if (value === 0 || value >= 100)
		return grouped.format(value);
	return value.toFixed(value >= 10 ? 1 : 2);
}

export function count(value) {
	return value == null ? NONE : grouped.format(value);
}

/** Bytes per second, always in MiB/s, so that columns compare. */
export function rate(value) {
	return value == null ? NONE : digits(value / MIB);
}

export function bytes(value) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let i = 0;

	if (value == null)
		return NONE;
	while (value >= 1024 && i < units.length - 1) {
		value /= 1024;
		i++;
	}
	return `${i ? digits(value) : value}${NBSP}${units[i]}`;
}

/** A time in nanoseconds as a number of microseconds. */
export function micros(ns) {
	return ns == null ? NONE : digits(ns / 1000);
}

/** A time in nanoseconds with the unit that suits it. */
export function time(ns) {
	if (ns == null)
		return NONE;
	if (ns < 1e3)
		return `${ns}${NBSP}ns`;
	if (ns < 1e6)
		return `${digits(ns / 1e3)}${NBSP}\u00b5s`;
	if (ns < 1e9)
		return `${digits(ns / 1e6)}${NBSP}ms`;
	return `${digits(ns / 1e9)}${NBSP}s`;
}

export function percent(part, whole) {
	if (!whole)
		return NONE;
	return `${Math.round(100 * part / whole)}${NBSP}%`;
}

export function clock(seconds) {
	return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

/** A stretch of time in words that need no clock. */
export function stretch(seconds) {
	const s = Math.max(0, Math.round(seconds));

	if (s < 90)
		return `${s}${NBSP}s`;
	if (s < 5400)
		return `${Math.round(s / 60)}${NBSP}min`;
	if (s < 172800)
		return `${Math.round(s / 3600)}${NBSP}h`;
	return `${Math.round(s / 86400)}${NBSP}days`;
}

/** "memory_failure" as people write it. */
export function words(name) {
	return name.replaceAll("_", " ");
}
