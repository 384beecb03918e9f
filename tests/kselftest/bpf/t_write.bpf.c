// SPDX-License-Identifier: GPL-2.0-only
/* t_write - a batch is read-only: the verifier refuses this one. */
#include "mgx_common.bpf.h"

SEC("struct_ops/dispatch")
void BPF_PROG(write_dispatch, struct mgx_batch *batch)
{
	batch->bytes = 0;
}

MGX_OPS_DEFINE(write_ops, "test: refused by the verifier",
	       .dispatch = (void *)write_dispatch, .name = "t_write");
