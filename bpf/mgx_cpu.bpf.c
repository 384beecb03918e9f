// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_cpu - the calling CPU copies each batch at once.
 *
 * Submits every batch as a whole to the channel that is always there. The CPU
 * does the same work as without a policy, but in one go for all folios that
 * are unmapped anyway.
 *
 * Use it as the baseline against which a policy with helpers or engines has to
 * win, and to try the whole path on a machine that has neither.
 *
 * Ready for production: yes, but it makes nothing faster by itself.
 */
#include "mgx_common.bpf.h"

SEC("struct_ops/admit")
void BPF_PROG(cpu_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
}

SEC("struct_ops/dispatch")
void BPF_PROG(cpu_dispatch, struct mgx_batch *batch)
{
	__s64 granted;

	granted = mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes, 0, 0);
	mgx_stat_batch(batch, granted);
}

SEC("struct_ops/complete")
void BPF_PROG(cpu_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_stat_done(batch, done);
}

MGX_OPS_DEFINE(cpu_ops, "batch copy by the calling CPU",
	       .admit = (void *)cpu_admit, .dispatch = (void *)cpu_dispatch,
	       .complete = (void *)cpu_complete, .name = "mgx_cpu");
