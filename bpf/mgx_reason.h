/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_reason.h - the arithmetic of mgx_reason.bpf.c, free of BPF, so that the
 * unit tests run it on the host.
 */
#ifndef _MGX_REASON_H
#define _MGX_REASON_H

#include <linux/types.h>
#include <stdbool.h>

#include "migrate_ext.h"

/**
 * struct mgx_reason_rule - what to do with migrations of one reason
 * @min_bytes: smaller batches are left to the kernel
 * @limit_pages: base pages per call, 0 for no limit
 * @skip: leave the whole call to the kernel
 */
struct mgx_reason_rule {
	__u64 min_bytes;
	__u32 limit_pages;
	bool skip;
};

/* Reasons that a newer kernel has added have no rule. */
static inline bool mgx_reason_known(__u32 reason)
{
	return reason < MGX_NR_REASONS;
}

/*
 * Base pages a call may take at once, 0 for no limit. A limit below the first
 * folio would be none, since a folio is not split: it is raised to the folio.
 */
static inline __u32 mgx_reason_limit(const struct mgx_reason_rule *rule,
				     __u32 first_order)
{
	__u32 folio_pages;

	if (rule->skip || !rule->limit_pages)
		return 0;
	if (first_order >= 31)
		return 0;
	folio_pages = 1U << first_order;
	if (rule->limit_pages < folio_pages)
		return folio_pages;
	return rule->limit_pages;
}

/* Bytes of a batch to copy as one, all or none. */
static inline __u64 mgx_reason_share(const struct mgx_reason_rule *rule,
				     __u64 bytes)
{
	if (rule->skip || bytes < rule->min_bytes)
		return 0;
	return bytes;
}

#endif /* _MGX_REASON_H */
