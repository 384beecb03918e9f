/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_side.h - who decides while something is measured: nobody (the stock
 * path), or a policy, attached by this process, so that it ends with it.
 */
#ifndef _MGXBENCH_SIDE_H
#define _MGXBENCH_SIDE_H

#include <linux/types.h>

#include "policy.h"

#define BENCH_MAX_SIDES 17
#define BENCH_LABEL	128

/**
 * struct bench_side - one of those that are compared
 * @label: as typed, without the directory; "stock" for the stock path
 * @policy: opened and loaded; not of the stock path
 * @link: while it is in charge
 * @stock: the stock path
 */
struct bench_side {
	char label[BENCH_LABEL];
	struct policy policy;
	struct bpf_link *link;
	bool stock;
};

/*
 * Opens NAME|FILE[,KEY=VALUE]... and hands it to the kernel. NULL is the stock
 * path. Returns 0 or -1.
 */
int bench_side_open(struct bench_side *side, const char *spec);
/* Puts it in charge, or makes sure that nobody is. */
int bench_side_enter(struct bench_side *side);
/* It still is, and the hooks are as they should be. */
int bench_side_check(const struct bench_side *side);
/* Its functions are the kernel's again only when the stock path is entered. */
void bench_side_leave(struct bench_side *side);
void bench_side_close(struct bench_side *side);

/* Counters of the module that are kept, by the names of their files in events/. */
enum bench_event {
	BENCH_CALLS,
	BENCH_NO_CONTEXT,
	BENCH_MIGRATED,
	BENCH_BATCHES,
	BENCH_BATCHED,
	BENCH_COPIED,
	BENCH_USED,
	BENCH_BY_KERNEL,
	BENCH_NR_EVENTS,
};

extern const char *const bench_event_names[BENCH_NR_EVENTS];

/**
 * struct bench_counters - what the module has counted
 * @event: by &enum bench_event
 * @bytes: that channels copied, by kind
 * @channel: that each of them copied
 * @helper_ns: processor time of helper threads
 * @engines: channels that copied, the calling CPU left out
 */
struct bench_counters {
	__u64 event[BENCH_NR_EVENTS];
	__u64 bytes[MGX_NR_KINDS];
	__u64 channel[MGX_MAX_CHANNELS];
	__u64 helper_ns;
	__u32 engines;
};

/* All 0 if the module is not loaded. */
void bench_counters_read(struct bench_counters *now);
/* @since becomes what was counted since it was read. */
void bench_counters_since(struct bench_counters *since);
void bench_counters_add(struct bench_counters *sum,
			const struct bench_counters *more);

#endif /* _MGXBENCH_SIDE_H */
