// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_noop - watches, changes nothing.
 *
 * Counts calls, batches, folios and bytes per reason and submits nothing, so
 * that the kernel copies each folio as it does without a policy.
 *
 * Use it to see what a machine migrates, and why, before you choose a policy;
 * or as the start of one of your own.
 *
 * Ready for production: yes.
 */
#include "mgx_common.bpf.h"

SEC("struct_ops/admit")
void BPF_PROG(noop_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

SEC("struct_ops/dispatch")
void BPF_PROG(noop_dispatch, struct mgx_batch *batch)
{
	mgx_stat_batch(batch, 0);
}

MGX_OPS_DEFINE(noop_ops, "watch and count, leave every copy to the kernel",
	       .admit = (void *)noop_admit, .dispatch = (void *)noop_dispatch,
	       .name = "mgx_noop");
