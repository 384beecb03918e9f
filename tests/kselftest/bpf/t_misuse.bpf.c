// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_misuse - asks for everything that is refused or cut when it runs, and
 * copies each batch nevertheless.
 */
#include "mgx_common.bpf.h"
#include "t_misuse.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_MISUSE_NR);
	__type(key, __u32);
	__type(value, __u64);
} t_result SEC(".maps");

static __always_inline void result(__u32 key, __s64 rc)
{
	__u64 value = rc;

	bpf_map_update_elem(&t_result, &key, &value, BPF_ANY);
}

SEC("struct_ops/admit")
void BPF_PROG(misuse_admit, struct mgx_req *req)
{
	struct mgx_req forged = {};

	result(T_LIMIT_ZERO, mgx_bpf_limit(req, 0));
	result(T_FORGED_REQ, mgx_bpf_skip(&forged));
}

SEC("struct_ops/dispatch")
void BPF_PROG(misuse_dispatch, struct mgx_batch *batch)
{
	struct mgx_batch forged = {};

	result(T_FORGED_BATCH, mgx_bpf_submit(&forged, 0, 4096, 0, 0));
	result(T_CHANNEL, mgx_bpf_submit(batch, 12345, 4096, 0, 0));
	result(T_NO_BYTES, mgx_bpf_submit(batch, 0, 0, 0, 0));
	result(T_FLAGS, mgx_bpf_submit(batch, 0, 4096, 0, 1));
	result(T_TOO_MUCH,
	       mgx_bpf_submit(batch, 0, ~0ULL, 0, 0) - batch->bytes);
	result(T_MORE, mgx_bpf_submit(batch, 0, 4096, 0, 0));
}

SEC("struct_ops/complete")
void BPF_PROG(misuse_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	result(T_LATE, mgx_bpf_submit(batch, 0, 4096, 0, 0));
}

MGX_OPS_DEFINE(misuse_ops, "test: wrong uses of kfuncs",
	       .admit = (void *)misuse_admit,
	       .dispatch = (void *)misuse_dispatch,
	       .complete = (void *)misuse_complete, .name = "t_misuse");
