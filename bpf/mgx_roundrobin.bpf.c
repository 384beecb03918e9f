// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_roundrobin - offers each batch to the next few channels, in turn.
 *
 * Every batch is offered as a whole to `width` channels, which pull pieces of
 * it as fast as they can; the first of them moves on by one with each batch.
 * The calling CPU pulls too unless `free_cpu` is set.
 *
 * Use it to see all channels of a machine at work, and as the plain policy
 * that one which knows the machine has to beat.
 *
 * Ready for production: no, it knows neither nodes nor load.
 */
#include "mgx_common.bpf.h"

MGX_SETTING("lowest channel id to use")
__u32 first = 1;
MGX_SETTING("highest channel id to use")
__u32 last = 2;
MGX_SETTING("channels per batch, 1 to 7")
__u32 width = 2;
MGX_SETTING("bytes per piece")
__u32 chunk_bytes = 64 << 10;
MGX_SETTING("smaller batches are left to the kernel")
__u64 min_bytes = 0;
MGX_SETTING("nanoseconds to poll before sleeping")
__u64 poll_ns = 20000;
MGX_SETTING("the calling CPU does not help")
bool free_cpu = false;

#define MAX_WIDTH 7 /* MGX_MAX_SHARES, less one for the calling CPU */

static __u32 turn;

SEC("struct_ops/admit")
void BPF_PROG(roundrobin_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

static __always_inline __s64 offer(struct mgx_batch *batch, __u32 channel)
{
	__s64 granted =
		mgx_bpf_submit(batch, channel, batch->bytes, chunk_bytes, 0);

	return granted > 0 ? granted : 0;
}

SEC("struct_ops/dispatch")
void BPF_PROG(roundrobin_dispatch, struct mgx_batch *batch)
{
	__u32 span = last >= first ? last - first + 1 : 1;
	__s64 granted = 0;
	__u32 i, next;

	if (batch->bytes >= min_bytes) {
		next = __sync_fetch_and_add(&turn, 1);
		for (i = 0; i < MAX_WIDTH && i < width && i < span; i++)
			granted += offer(batch, first + (next + i) % span);
		if (!free_cpu)
			granted += offer(batch, MGX_CHANNEL_CALLER);
		mgx_bpf_wait(batch, poll_ns);
	}
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(roundrobin_complete, struct mgx_batch *batch,
	      struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(roundrobin_ops, "each batch to the next channels, in turn",
	       .admit = (void *)roundrobin_admit,
	       .dispatch = (void *)roundrobin_dispatch,
	       .complete = (void *)roundrobin_complete,
	       .name = "mgx_roundrobin", );
