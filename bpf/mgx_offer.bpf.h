/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_offer.bpf.h - picks the best few channels for a batch and offers it to
 * them: what the policies that differ only in the score have in common.
 */
#ifndef _MGX_OFFER_BPF_H
#define _MGX_OFFER_BPF_H

#include "mgx_common.bpf.h"
#include "pick.h"

MGX_SETTING("channels per batch, 1 to 7")
__u32 width = 4;
MGX_SETTING("bytes per piece")
__u32 chunk_bytes = 64 << 10;
MGX_SETTING("nanoseconds to poll before sleeping")
__u64 poll_ns = 20000;
MGX_SETTING("helper threads count as channels, not only engines")
bool helpers;

#define SLOTS 256

/* Room for what one call picks; see mgx_slot(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct mgx_pick);
} mgx_picks SEC(".maps");

/*
 * A place by thread, not by CPU: programs are preempted. Two threads in one
 * place may ask the wrong channel, which the kernel checks like any other.
 */
static __always_inline struct mgx_pick *mgx_pick_of(struct mgx_batch *batch)
{
	__u32 key = (__u32)batch->pid % SLOTS;
	struct mgx_pick *p = bpf_map_lookup_elem(&mgx_picks, &key);

	if (p)
		p->nr = 0;
	return p;
}

static __always_inline bool mgx_usable(const struct mgx_channel_info *info)
{
	return helpers || info->kind != MGX_KIND_CPU;
}

/* Global, so that the verifier looks at it once and not in each round. */
__weak int mgx_picked(struct mgx_pick *p, __u64 score, __u32 id, __u32 mbps)
{
	struct mgx_pick_one one = { .score = score, .id = id, .mbps = mbps };

	if (!p)
		return 0;
	mgx_pick_add(p, width, one);
	return 0;
}

static __always_inline __s64 mgx_offer_one(struct mgx_batch *batch,
					   __u32 channel, __u64 bytes)
{
	__s64 granted = mgx_bpf_submit(batch, channel, bytes, chunk_bytes, 0);

	return granted > 0 ? granted : 0;
}

/* @bytes to those that were picked. Returns what they were granted. */
static __always_inline __s64 mgx_offer(struct mgx_batch *batch,
				       struct mgx_pick *p, __u64 bytes)
{
	__s64 granted = 0;
	__u32 i;

	for (i = 0; i < MGX_PICK_MAX && i < p->nr; i++)
		granted += mgx_offer_one(batch, p->one[i].id, bytes);
	mgx_bpf_wait(batch, poll_ns);
	return granted;
}

/* The calling CPU; by itself it copies in pieces that need no thought. */
static __always_inline __s64 mgx_offer_caller(struct mgx_batch *batch)
{
	return mgx_offer_one(batch, MGX_CHANNEL_CALLER, batch->bytes);
}

#endif /* _MGX_OFFER_BPF_H */
