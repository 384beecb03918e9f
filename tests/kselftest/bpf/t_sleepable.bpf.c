// SPDX-License-Identifier: GPL-2.0-only
/* t_sleepable - dispatch() must not sleep: the verifier refuses this one. */
#include "mgx_common.bpf.h"

SEC("struct_ops.s/dispatch")
void BPF_PROG(sleepable_dispatch, struct mgx_batch *batch)
{
}

MGX_OPS_DEFINE(sleepable_ops, "test: refused by the verifier",
	       .dispatch = (void *)sleepable_dispatch, .name = "t_sleepable");
