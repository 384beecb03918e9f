/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history.h - the last hour of samples, in bounded memory.
 */
#ifndef _MGX_HISTORY_H
#define _MGX_HISTORY_H

#include <stddef.h>
#include <linux/types.h>

#define HISTORY_MS	  (3600ULL * 1000)
#define HISTORY_MAX_BYTES (12u << 20)

struct history;

/* NULL: out of memory. */
struct history *history_new(void);
void history_free(struct history *history);

/* Keeps a sample's text; the oldest make room. */
void history_add(struct history *history, __u64 time_ms, const char *text,
		 size_t len);

/* Numbers of the oldest sample, and of the next to come. */
__u64 history_first(const struct history *history);
__u64 history_next(const struct history *history);

/* Time of a sample, 0 if it is not kept any more. */
__u64 history_time(const struct history *history, __u64 number);

/* Its text, valid until the next call; NULL if it is not kept any more. */
const char *history_get(struct history *history, __u64 number, size_t *len);

#endif /* _MGX_HISTORY_H */
