/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rare.h - what does not happen in each sample: from the difference of two.
 */
#ifndef _MGX_RARE_H
#define _MGX_RARE_H

#include "sample.h"

#define RARE_NO_CHANNEL (~0U)

/**
 * struct rare - something worth telling; see mgxd-api(7)
 * @id: counts up, given by who keeps it
 * @time_ms: when it was seen
 * @kind: which
 * @severity: "info", "warn" or "bad"
 * @text: for people
 * @policy: or empty
 * @channel: or RARE_NO_CHANNEL
 * @count: how many, or 0
 */
struct rare {
	__u64 id;
	__u64 time_ms;
	const char *kind;
	const char *severity;
	char text[384];
	char policy[MGX_NAME_LEN];
	__u32 channel;
	__u64 count;
};

typedef void (*rare_fn)(const struct rare *rare, void *arg);

/* Calls @fn for each thing that happened between the two. */
void rare_derive(const struct sample *before, const struct sample *now,
		 rare_fn fn, void *arg);

struct json_object *rare_to_json(const struct rare *rare);

#endif /* _MGX_RARE_H */
