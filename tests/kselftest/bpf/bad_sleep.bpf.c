// SPDX-License-Identifier: GPL-2.0-only
/* bad_sleep - wants to sleep in dispatch(). */
#include "mgx_common.bpf.h"

SEC("struct_ops.s/dispatch")
void BPF_PROG(bad_dispatch, struct mgx_batch *batch)
{
}

MGX_OPS_DEFINE(bad_ops, "wants to sleep where it must not",
	       .dispatch = (void *)bad_dispatch, .name = "bad_sleep");
