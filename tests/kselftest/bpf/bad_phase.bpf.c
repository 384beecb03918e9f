// SPDX-License-Identifier: GPL-2.0-only
/*
 * bad_phase - submits in complete(), where it is too late: the verifier cannot
 * tell, the module refuses and counts it.
 */
#include "mgx_common.bpf.h"

/* What the module answered. */
__s64 bad_answer;

SEC("struct_ops/dispatch")
void BPF_PROG(bad_dispatch, struct mgx_batch *batch)
{
	mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes, 0, 0);
}

SEC("struct_ops/complete")
void BPF_PROG(bad_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	bad_answer =
		mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes, 0, 0);
}

MGX_OPS_DEFINE(bad_ops, "submits in complete()",
	       .dispatch = (void *)bad_dispatch,
	       .complete = (void *)bad_complete, .name = "bad_phase");
