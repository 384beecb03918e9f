// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_threshold - engines from a size on, which is set per reason.
 *
 * Offers batches of at least `min_bytes` to the engines that have the least to
 * do, beside the calling CPU or (`free_cpu`) without it. Smaller ones are
 * copied by the calling CPU.
 *
 * Typical use, when it is known from which size on an engine wins:
 *	mgxctl load mgx_threshold --set min_bytes=1M --set free_cpu=1
 *	mgxctl load mgx_threshold --set min_bytes.demotion=256K
 *
 * Ready for production: yes, where the size was measured on that machine; its
 * default is a guess.
 */
#include "mgx_offer.bpf.h"

MGX_SETTING("smallest batch for the engines, bytes")
__u64 min_bytes[MGX_NR_REASONS] = {
	[MGX_REASON_COMPACTION] = 1 << 20,
	[MGX_REASON_MEMORY_FAILURE] = 1 << 30,
	[MGX_REASON_MEMORY_HOTPLUG] = 1 << 20,
	[MGX_REASON_SYSCALL] = 1 << 20,
	[MGX_REASON_MBIND] = 1 << 20,
	[MGX_REASON_NUMA_MISPLACED] = 2 << 20,
	[MGX_REASON_CONTIG_RANGE] = 1 << 20,
	[MGX_REASON_LONGTERM_PIN] = 2 << 20,
	[MGX_REASON_DEMOTION] = 512 << 10,
	[MGX_REASON_DAMON] = 512 << 10,
};
MGX_SETTING("the calling CPU does not help the engines")
bool free_cpu = false;

SEC("struct_ops/admit")
void BPF_PROG(threshold_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

static __always_inline __s64 engines(struct mgx_batch *batch)
{
	struct mgx_pick *p = mgx_pick_of(batch);
	struct mgx_channel_info *info;

	if (!p)
		return 0;
	bpf_for_each(mgx_channel, info, batch->dst_nid)
		if (mgx_usable(info))
			mgx_picked(p, info->inflight, info->id,
				   info->ewma_mbps);
	return mgx_offer(batch, p, batch->bytes);
}

SEC("struct_ops/dispatch")
void BPF_PROG(threshold_dispatch, struct mgx_batch *batch)
{
	__u32 reason = batch->reason;
	__s64 granted = 0;

	if (reason < MGX_NR_REASONS && batch->bytes >= min_bytes[reason])
		granted = engines(batch);
	if (!granted || !free_cpu)
		granted += mgx_offer_caller(batch);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(threshold_complete, struct mgx_batch *batch,
	      struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(threshold_ops, "engines from a size on, per reason",
	       .admit = (void *)threshold_admit,
	       .dispatch = (void *)threshold_dispatch,
	       .complete = (void *)threshold_complete, .name = "mgx_threshold");
