// SPDX-License-Identifier: GPL-2.0-only
/* bad_verifier - writes to its argument: the verifier must refuse it. */
#include "mgx_common.bpf.h"

SEC("struct_ops/dispatch")
void BPF_PROG(bad_dispatch, struct mgx_batch *batch)
{
	batch->bytes = 0;
}

MGX_OPS_DEFINE(bad_ops, "writes to its argument",
	       .dispatch = (void *)bad_dispatch, .name = "bad_verifier");
