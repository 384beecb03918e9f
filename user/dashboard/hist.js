// SPDX-License-Identifier: GPL-2.0-only
// The log-linear buckets of kernel/hist.h.

const BITS = 2;
export const BUCKETS = 128;

/** The lowest value of a bucket. */
export function floor(bucket) {
	const octave = bucket >> BITS;
	const part = bucket & ((1 << BITS) - 1);

	if (!octave)
		return part;
	return ((1 << BITS) + part) * 2 ** (octave - 1);
}

/** The value that a share of all values is not above; null without values. */
export function quantile(counts, share) {
	let total = 0;
	let sum = 0;

	for (const count of counts)
		total += count;
	if (!total)
		return null;
	for (let bucket = 0; bucket < BUCKETS - 1; bucket++) {
		sum += counts[bucket] ?? 0;
		if (sum >= Math.ceil(total * share))
			return floor(bucket + 1) - 1;
	}
	return floor(BUCKETS) - 1;
}
