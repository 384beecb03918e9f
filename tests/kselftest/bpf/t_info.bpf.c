// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_info - looks at the channels as a policy can, and gives each batch to the
 * first one that the iterator finds.
 */
#include "mgx_common.bpf.h"
#include "t_info.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct t_info);
} t_result SEC(".maps");

/*
 * The counter is in memory, of which the verifier knows nothing: it would
 * follow a counter in a register round by round.
 */
static __always_inline void look(struct t_info *t, struct mgx_batch *batch)
{
	struct mgx_channel_info *info;
	__u32 i, first = MGX_CHANNEL_CALLER;

	t->nr = 0;
	bpf_for_each(mgx_channel, info, t->nid) {
		i = *(volatile __u32 *)&t->nr;
		if (i >= MGX_MAX_CHANNELS)
			break;
		t->id[i] = info->id;
		t->node[i] = info->nid;
		if (!i)
			first = info->id;
		t->nr = i + 1;
	}
	mgx_bpf_submit(batch, first, batch->bytes, 0, 0);
}

/* Structures of another size than the module's. */
static __always_inline void sizes(struct t_info *t)
{
	__u32 i;

	for (i = 0; i < T_INFO_BEHIND; i++)
		t->behind[i] = T_INFO_MARK;
	t->newer_end = T_INFO_MARK;
	t->part =
		mgx_bpf_channel_info(1, &t->part_bytes, sizeof(t->part_bytes));
	mgx_bpf_channel_info(1, &t->newer,
			     sizeof(t->newer) + sizeof(t->newer_end));
}

SEC("struct_ops/dispatch")
void BPF_PROG(info_dispatch, struct mgx_batch *batch)
{
	struct mgx_channel_info info;
	__u32 key = 0;
	struct t_info *t = bpf_map_lookup_elem(&t_result, &key);

	if (!t)
		return;
	look(t, batch);
	t->absent = mgx_bpf_channel_info(12345, &info, sizeof(info));
	sizes(t);
	t->cpu_ns = mgx_bpf_cpu_copy_ns(batch->bytes, batch->src_nid,
					batch->dst_nid);
	t->cpu_page_ns =
		mgx_bpf_cpu_copy_ns(4096, batch->src_nid, batch->dst_nid);
	t->bytes = batch->bytes;
	t->cpu_nowhere = mgx_bpf_cpu_copy_ns(4096, -1, 0) +
			 mgx_bpf_cpu_copy_ns(4096, 0, 12345);
	if (!mgx_bpf_channel_info(1, &info, sizeof(info)))
		t->info = info;
	t->batches++;
}

MGX_OPS_DEFINE(info_ops, "test: figures of channels",
	       .dispatch = (void *)info_dispatch, .name = "t_info", );
