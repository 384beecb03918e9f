/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_figures.h - what mgxtop shows: rates of the last interval, and a history
 * of them.
 */
#ifndef _MGXTOP_FIGURES_H
#define _MGXTOP_FIGURES_H

#include <linux/types.h>
#include <stdbool.h>

#include "migrate_ext.h"
#include "mgx_monitor.h"
#include "rare.h"
#include "sample.h"

#define TOP_HISTORY   600
#define TOP_EVENTS    64
#define TOP_TEXT      256
#define TOP_DECISIONS (MGX_NR_REASONS * MGX_NR_SIZES)

/* Who copied: the kinds of channels, and the kernel on its own. */
#define TOP_KERNEL   MGX_NR_KINDS
#define TOP_NR_KINDS (MGX_NR_KINDS + 1)

/**
 * struct top_channel - a channel
 * @rate: bytes per second in the last interval
 */
struct top_channel {
	__u32 id;
	char name[64];
	char kind[16];
	char state[16];
	__s32 nid;
	double rate;
	__u64 p50_ns;
	__u64 p99_ns;
	__u64 inflight;
	__u64 errors;
	__u64 bytes;
};

/* What was decided for a reason and a size of folios, since the beginning. */
struct top_decision {
	__u64 batches;
	__u64 bytes;
	__u64 copied;
	__u64 p50_ns;
	__u32 latency[MGX_HIST_BUCKETS];
};

/* One interval; times are 0 when nothing was copied. */
struct top_interval {
	double time;
	double rate[TOP_NR_KINDS];
	double batches;
	__u64 p50_ns;
	__u64 p99_ns;
};

/**
 * struct figures - all that mgxtop shows
 * @before: the last sample
 * @source: "live", or "replay FILE"
 * @monitor: batches are timed
 * @present: the module is loaded
 * @state: of the policy slot
 * @policy: in charge, or empty
 * @ending: how the last one ended, or empty
 * @ended_badly: it was thrown out
 * @history: ring of intervals
 * @nr_history: how many there have been; the last is at (nr_history - 1)
 */
struct figures {
	struct sample *before;
	char source[TOP_TEXT];
	bool present;
	bool monitor;
	char state[16];
	char policy[MGX_NAME_LEN];
	char ending[TOP_TEXT];
	bool ended_badly;
	struct top_channel channels[MGX_MAX_CHANNELS];
	int nr_channels;
	struct top_decision decisions[TOP_DECISIONS];
	struct rare events[TOP_EVENTS];
	unsigned int nr_events;
	struct top_interval history[TOP_HISTORY];
	unsigned int nr_history;
};

/* @source: see &struct figures; NULL: out of memory */
struct figures *figures_new(const char *source);
void figures_free(struct figures *figures);

/* Takes the next sample. */
void figures_add(struct figures *figures, const struct sample *sample);

/* @back: 0 for the last interval; NULL if there was none so long ago */
const struct top_interval *figures_interval(const struct figures *figures,
					    unsigned int back);

double interval_rate(const struct top_interval *interval);

#endif /* _MGXTOP_FIGURES_H */
