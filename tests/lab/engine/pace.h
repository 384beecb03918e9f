/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pace.h - how long a copy takes.
 *
 * A channel is a pipeline: the transfer unit moves one descriptor after the
 * other at the set bandwidth, and each is done the latency (and a random part
 * of the jitter) after its transfer. So a full ring pays the latency once, and
 * completions stay in order.
 */
#ifndef _MGX_ENGINE_PACE_H
#define _MGX_ENGINE_PACE_H

#include <stdint.h>

#define PACE_MAX_MBPS 1000000
#define PACE_MAX_US   10000000

/**
 * struct timing - what can be set
 * @mbps:	10^6 bytes a second; 0 is as fast as this machine copies
 * @latency_us:	from the transfer to the completion
 * @jitter_us:	at most this much is added to the latency
 */
struct timing {
	uint32_t mbps;
	uint32_t latency_us;
	uint32_t jitter_us;
};

/**
 * struct pace - the pipeline's state; times in ns
 * @busy:	the transfer unit is free from then on
 * @due:	the last descriptor is done then
 * @random:	state of the random numbers, not 0
 */
struct pace {
	uint64_t busy;
	uint64_t due;
	uint64_t random;
};

void pace_start(struct pace *pace, uint64_t now);
uint64_t pace_next(struct pace *pace, const struct timing *timing,
		   uint64_t bytes);

#endif /* _MGX_ENGINE_PACE_H */
