// SPDX-License-Identifier: GPL-2.0-only
#include "pace.h"

/* Marsaglia's xorshift: the same sequence in each run. */
static uint64_t random_next(struct pace *pace)
{
	pace->random ^= pace->random << 13;
	pace->random ^= pace->random >> 7;
	pace->random ^= pace->random << 17;
	return pace->random;
}

static uint64_t transfer_ns(const struct timing *timing, uint64_t bytes)
{
	return timing->mbps ? bytes * 1000 / timing->mbps : 0;
}

static uint64_t latency_ns(struct pace *pace, const struct timing *timing)
{
	uint64_t ns = timing->latency_us * 1000ULL;

	if (timing->jitter_us)
		ns += random_next(pace) % (timing->jitter_us * 1000ULL + 1);
	return ns;
}

/* The ring was empty until @now. */
void pace_start(struct pace *pace, uint64_t now)
{
	if (pace->busy < now)
		pace->busy = now;
}

/* When the next copy, of @bytes, is done. */
uint64_t pace_next(struct pace *pace, const struct timing *timing,
		   uint64_t bytes)
{
	uint64_t due;

	pace->busy += transfer_ns(timing, bytes);
	due = pace->busy + latency_ns(pace, timing);
	if (pace->due < due)
		pace->due = due;
	return pace->due;
}
