// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_limit - cuts each call to 7 pages and submits every batch whole.
 */
#include "mgx_common.bpf.h"

#define LIMIT_PAGES 7

SEC("struct_ops/admit")
void BPF_PROG(limit_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
	mgx_bpf_limit(req, LIMIT_PAGES);
}

SEC("struct_ops/dispatch")
void BPF_PROG(limit_dispatch, struct mgx_batch *batch)
{
	__s64 granted;

	granted = mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes, 0, 0);
	mgx_stat_batch(batch, granted);
}

MGX_OPS_DEFINE(limit_ops, "test: calls of 7 pages",
	       .admit = (void *)limit_admit, .dispatch = (void *)limit_dispatch,
	       .name = "t_limit");
