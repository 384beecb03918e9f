// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_half - submits half of the bytes of each batch to the calling CPU. The other
 * half is for another channel, if there is one; else that, and a folio that does
 * not fit into its half, is left to the kernel.
 */
#include "mgx_common.bpf.h"

MGX_SETTING("channel for the other half, 0 for none")
__u32 other = 0;

SEC("struct_ops/dispatch")
void BPF_PROG(half_dispatch, struct mgx_batch *batch)
{
	__s64 granted;

	granted = mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes / 2,
				 4096, 0);
	if (other)
		granted += mgx_bpf_submit(batch, other,
					  batch->bytes - batch->bytes / 2,
					  batch->bytes, 0);
	mgx_stat_batch(batch, granted);
}

MGX_OPS_DEFINE(half_ops, "test: half of each batch",
	       .dispatch = (void *)half_dispatch, .name = "t_half");
