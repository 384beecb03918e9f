// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_reason - decides by reason and size.
 *
 * Whoever waits for a migration decides what it may cost. A page fault (NUMA
 * balancing) or a pin waits for a few pages: small batches, short calls.
 * Demotion, DAMON and memory hotplug move much and nobody waits: large batches
 * are worth a batch copy. Bad memory is left to the kernel altogether.
 *
 * Typical use:
 *	mgxctl load mgx_reason
 *	mgxctl load mgx_reason --set min_bytes.demotion=256K --set skip.compaction=1
 *
 * Ready for production: yes; its defaults are careful, not tuned.
 */
#include "mgx_common.bpf.h"
#include "mgx_reason.h"

MGX_SETTING("smallest batch to copy as one, bytes")
__u64 min_bytes[MGX_NR_REASONS] = {
	[MGX_REASON_COMPACTION] = 64 << 10,
	[MGX_REASON_MEMORY_FAILURE] = 0,
	[MGX_REASON_MEMORY_HOTPLUG] = 64 << 10,
	[MGX_REASON_SYSCALL] = 64 << 10,
	[MGX_REASON_MBIND] = 64 << 10,
	[MGX_REASON_NUMA_MISPLACED] = 512 << 10,
	[MGX_REASON_CONTIG_RANGE] = 64 << 10,
	[MGX_REASON_LONGTERM_PIN] = 512 << 10,
	[MGX_REASON_DEMOTION] = 64 << 10,
	[MGX_REASON_DAMON] = 64 << 10,
};

MGX_SETTING("most base pages a call takes at once, 0: no limit")
__u32 limit_pages[MGX_NR_REASONS] = {
	[MGX_REASON_NUMA_MISPLACED] = 64,
	[MGX_REASON_LONGTERM_PIN] = 64,
};

MGX_SETTING("leave calls of this reason to the kernel")
bool skip[MGX_NR_REASONS] = {
	[MGX_REASON_MEMORY_FAILURE] = true,
};

MGX_SETTING("bytes per piece, 0: the channel decides")
__u32 chunk_bytes;

static __always_inline bool reason_rule(__u32 reason,
					struct mgx_reason_rule *rule)
{
	if (!mgx_reason_known(reason))
		return false;
	rule->min_bytes = min_bytes[reason];
	rule->limit_pages = limit_pages[reason];
	rule->skip = skip[reason];
	return true;
}

SEC("struct_ops/admit")
void BPF_PROG(reason_admit, struct mgx_req *req)
{
	struct mgx_reason_rule rule;
	__u32 limit;

	mgx_stat_call(req);
	if (!reason_rule(req->reason, &rule) || rule.skip) {
		mgx_bpf_skip(req);
		return;
	}
	limit = mgx_reason_limit(&rule, req->first_order);
	if (limit)
		mgx_bpf_limit(req, limit);
}

SEC("struct_ops/dispatch")
void BPF_PROG(reason_dispatch, struct mgx_batch *batch)
{
	struct mgx_reason_rule rule;
	__s64 granted = 0;
	__u64 bytes = 0;

	if (reason_rule(batch->reason, &rule))
		bytes = mgx_reason_share(&rule, batch->bytes);
	if (bytes)
		granted = mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, bytes,
					 chunk_bytes, 0);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(reason_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(reason_ops, "batch copy by reason and size, settable",
	       .admit = (void *)reason_admit,
	       .dispatch = (void *)reason_dispatch,
	       .complete = (void *)reason_complete, .name = "mgx_reason");
