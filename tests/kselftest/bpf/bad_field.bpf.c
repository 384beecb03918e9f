// SPDX-License-Identifier: GPL-2.0-only
/* bad_field - reads a field that the module's struct mgx_batch does not have. */
#define mgx_batch mgx_batch_of_this_version
#include "mgx_common.bpf.h"
#undef mgx_batch

struct mgx_batch {
	__u64 colour;
} __mgx_core;

__u64 bad_sum;

SEC("struct_ops/dispatch")
void BPF_PROG(bad_dispatch, struct mgx_batch *batch)
{
	bad_sum += batch->colour;
}

MGX_OPS_DEFINE(bad_ops, "reads a field that does not exist",
	       .dispatch = (void *)bad_dispatch, .name = "bad_field");
