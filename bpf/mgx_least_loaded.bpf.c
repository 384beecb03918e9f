// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_least_loaded - the engines that would be through first.
 *
 * From what an engine still has to copy and from its average bandwidth and
 * latency follows when it would be through with its part of a batch. The
 * `width` engines that are soonest are asked.
 *
 * Typical use, when several processes migrate at once or engines differ:
 *	mgxctl load mgx_least_loaded --set width=2 --set free_cpu=1
 *
 * Ready for production: yes, for batches large enough to be worth an engine
 * (`min_bytes`). An engine that became faster is noticed only when it is used.
 */
#include "mgx_offer.bpf.h"

MGX_SETTING("smaller batches are copied by the calling CPU")
__u64 min_bytes = 256 << 10;
MGX_SETTING("the calling CPU does not help the engines")
bool free_cpu = false;

SEC("struct_ops/admit")
void BPF_PROG(loaded_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

static __always_inline __s64 engines(struct mgx_batch *batch)
{
	__u64 part = batch->bytes / (width ? width : 1);
	struct mgx_pick *p = mgx_pick_of(batch);
	struct mgx_channel_info *info;

	if (!p)
		return 0;
	bpf_for_each(mgx_channel, info, batch->dst_nid)
		if (mgx_usable(info))
			mgx_picked(p,
				   mgx_pick_ready_ns(info->inflight,
						     info->ewma_mbps,
						     info->ewma_ns, part),
				   info->id, info->ewma_mbps);
	return mgx_offer(batch, p, batch->bytes);
}

SEC("struct_ops/dispatch")
void BPF_PROG(loaded_dispatch, struct mgx_batch *batch)
{
	__s64 granted = 0;

	if (batch->bytes >= min_bytes)
		granted = engines(batch);
	if (!granted || !free_cpu)
		granted += mgx_offer_caller(batch);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(loaded_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(loaded_ops, "the engines that would be through first",
	       .admit = (void *)loaded_admit,
	       .dispatch = (void *)loaded_dispatch,
	       .complete = (void *)loaded_complete, .name = "mgx_least_loaded");
