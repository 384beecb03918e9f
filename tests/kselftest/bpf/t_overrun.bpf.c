// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_overrun - wants figures written beyond the end of where they fit, through
 * the pointer that the iterator returned: into its own stack and further. The
 * verifier must refuse it.
 */
#include "mgx_common.bpf.h"

SEC("struct_ops/dispatch")
void BPF_PROG(overrun_dispatch, struct mgx_batch *batch)
{
	struct mgx_channel_info *info;

	bpf_for_each(mgx_channel, info, -1)
		mgx_bpf_channel_info(0, info, 65536);
}

MGX_OPS_DEFINE(overrun_ops, "test: writes beyond a channel's figures",
	       .dispatch = (void *)overrun_dispatch, .name = "t_overrun", );
