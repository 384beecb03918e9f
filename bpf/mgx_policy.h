/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_policy.h - what the policies of this directory and mgxctl share.
 *
 * A policy of your own needs none of this: mgxctl loads any object with one
 * struct mgx_ops. With the map below it also shows what that policy does.
 */
#ifndef _MGX_POLICY_H
#define _MGX_POLICY_H

#include <linux/types.h>

/* Name of a per-CPU array of struct mgx_policy_stat, indexed by enum mgx_reason. */
#define MGX_STATS_MAP "mgx_stats"

/* Prefix of the BTF declaration tags whose rest mgxctl shows to the user. */
#define MGX_DOC_TAG "mgx:"

/**
 * struct mgx_policy_stat - what a policy saw and decided, for one reason
 * @calls: migrate_pages() calls
 * @batches: batches it was shown
 * @folios: folios in them
 * @bytes: bytes in them
 * @submitted_bytes: bytes it submitted and was granted
 * @copied_bytes: bytes copied as it decided
 * @ns: time these copies took, nanoseconds
 */
struct mgx_policy_stat {
	__u64 calls;
	__u64 batches;
	__u64 folios;
	__u64 bytes;
	__u64 submitted_bytes;
	__u64 copied_bytes;
	__u64 ns;
};

#endif /* _MGX_POLICY_H */
