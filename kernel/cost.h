/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost.h - what a copy by CPU costs, as nanoseconds per MiB: the arithmetic,
 * which host tests compile too.
 */
#ifndef _MGX_COST_H
#define _MGX_COST_H

#include <linux/types.h>

#define MGX_COST_SHIFT 20
/* A figure from a trial, not from a migration: the first real one replaces it. */
#define MGX_COST_TRIAL 0x80000000U
#define MGX_COST_MAX   (MGX_COST_TRIAL - 1)
/* One sample counts as no more than that many times the average: preemption. */
#define MGX_COST_CLIP 4

/**
 * mgx_cost_rate() - the cost of one copy
 * @bytes: not 0
 * @ns: time it took
 *
 * Return: nanoseconds per MiB, 1 to MGX_COST_MAX; never 0, that is "unknown".
 */
static inline __u32 mgx_cost_rate(__u64 bytes, __u64 ns)
{
	__u64 rate;

	if (ns >> (64 - MGX_COST_SHIFT))
		return MGX_COST_MAX;
	rate = (ns << MGX_COST_SHIFT) / bytes;
	if (rate > MGX_COST_MAX)
		return MGX_COST_MAX;
	return rate ? rate : 1;
}

/**
 * mgx_cost_average() - the average with one more sample in it
 * @old: average, 0 for none
 * @rate: the sample
 *
 * Exponentially weighted, an eighth new.
 */
static inline __u32 mgx_cost_average(__u32 old, __u32 rate)
{
	__u64 sum;

	if (!old || old & MGX_COST_TRIAL)
		return rate;
	if (rate / MGX_COST_CLIP > old)
		rate = old * MGX_COST_CLIP;
	sum = 7ULL * old + rate;
	/* Round away from the old value, or a small difference never counts. */
	return (sum + (rate > old ? 7 : 0)) / 8;
}

/**
 * mgx_cost_time() - what a copy takes
 * @cost: average, 0 for none
 * @bytes: how much; what no machine has counts as less
 *
 * Return: nanoseconds, 0 if unknown.
 */
static inline __u64 mgx_cost_time(__u32 cost, __u64 bytes)
{
	__u64 rate = cost & MGX_COST_MAX, most = 1ULL << 52;

	if (bytes > most)
		bytes = most;
	return (bytes >> MGX_COST_SHIFT) * rate +
	       ((bytes & ((1ULL << MGX_COST_SHIFT) - 1)) * rate >>
		MGX_COST_SHIFT);
}

#endif /* _MGX_COST_H */
