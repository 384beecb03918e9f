/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hist.h - log-linear histograms: four buckets per power of two, so that a
 * bucket is at most a quarter wider than its lowest value. Host tests, BPF
 * programs and user space compile this file too.
 */
#ifndef _MGX_HIST_H
#define _MGX_HIST_H

#include <linux/types.h>

#define MGX_HIST_BITS	 2   /* buckets per power of two: 1 << bits */
#define MGX_HIST_BUCKETS 128 /* the last one begins at 7 << 30 */

/**
 * mgx_hist_bucket() - the bucket of a value
 * @value: nanoseconds, or whatever is counted
 *
 * Return: below MGX_HIST_BUCKETS; values that are too large are in the last.
 */
static inline __u32 mgx_hist_bucket(__u64 value)
{
	__u32 msb, bucket;

	if (value < (1 << MGX_HIST_BITS))
		return value;
	msb = 63 - __builtin_clzll(value);
	bucket = (msb - MGX_HIST_BITS + 1) << MGX_HIST_BITS;
	bucket += (value >> (msb - MGX_HIST_BITS)) & ((1 << MGX_HIST_BITS) - 1);
	return bucket < MGX_HIST_BUCKETS ? bucket : MGX_HIST_BUCKETS - 1;
}

/**
 * mgx_hist_floor() - the lowest value of a bucket
 * @bucket: up to MGX_HIST_BUCKETS, that is the end of the last but one
 */
static inline __u64 mgx_hist_floor(__u32 bucket)
{
	__u32 octave = bucket >> MGX_HIST_BITS;
	__u64 part = bucket & ((1 << MGX_HIST_BITS) - 1);

	if (!octave)
		return part;
	return ((1 << MGX_HIST_BITS) + part) << (octave - 1);
}

/**
 * mgx_hist_quantile() - the value that a share of all values is not above
 * @count: MGX_HIST_BUCKETS counters
 * @total: their sum
 * @permille: the share, 500 for the median
 *
 * Return: the largest value of the bucket it is in; 0 for an empty histogram.
 */
static inline __u64 mgx_hist_quantile(const __u32 *count, __u32 total,
				      __u32 permille)
{
	__u32 rank = ((__u64)total * permille + 999) / 1000;
	__u32 bucket, sum = 0;

	if (!total)
		return 0;
	for (bucket = 0; bucket < MGX_HIST_BUCKETS - 1; bucket++) {
		sum += count[bucket];
		if (sum >= rank)
			break;
	}
	return mgx_hist_floor(bucket + 1) - 1;
}

#endif /* _MGX_HIST_H */
