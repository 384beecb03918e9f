// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_nearest - engines on the nodes that the memory moves between.
 *
 * Prefers engines on the destination's node, then those on the source's, and
 * asks others only if `strict` is not set: a copy that crosses a third node
 * loads two links instead of one.
 *
 * Typical use, on machines with engines on each socket:
 *	mgxctl load mgx_nearest --set strict=1
 *
 * Ready for production: yes, for batches large enough to be worth an engine
 * (`min_bytes`); it does not look at load.
 */
#include "mgx_offer.bpf.h"

MGX_SETTING("smaller batches are copied by the calling CPU")
__u64 min_bytes = 256 << 10;
MGX_SETTING("engines of other nodes are never asked")
bool strict = false;
MGX_SETTING("the calling CPU does not help the engines")
bool free_cpu = false;

SEC("struct_ops/admit")
void BPF_PROG(nearest_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

static __always_inline __s64 engines(struct mgx_batch *batch)
{
	__s32 src = batch->src_nid, dst = batch->dst_nid;
	struct mgx_pick *p = mgx_pick_of(batch);
	struct mgx_channel_info *info;
	__u64 distance;

	if (!p)
		return 0;
	bpf_for_each(mgx_channel, info, dst) {
		distance = mgx_pick_distance(info->nid, src, dst);
		if (mgx_usable(info) && (distance < 2 || !strict))
			mgx_picked(p, distance, info->id, info->ewma_mbps);
	}
	return mgx_offer(batch, p, batch->bytes);
}

SEC("struct_ops/dispatch")
void BPF_PROG(nearest_dispatch, struct mgx_batch *batch)
{
	__s64 granted = 0;

	if (batch->bytes >= min_bytes)
		granted = engines(batch);
	if (!granted || !free_cpu)
		granted += mgx_offer_caller(batch);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(nearest_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(nearest_ops,
	       "engines on the destination's node, then the source's",
	       .admit = (void *)nearest_admit,
	       .dispatch = (void *)nearest_dispatch,
	       .complete = (void *)nearest_complete, .name = "mgx_nearest");
