// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_newer - a policy that was compiled against a later migrate_ext.h: members
 * that this module does not have are zero, kfuncs are asked for.
 */
#include "t_newer.h"

SEC("struct_ops/dispatch")
void BPF_PROG(newer_dispatch, struct mgx_batch *batch)
{
	newer_dispatch_both(batch);
}

SEC(".struct_ops.link")
struct mgx_ops___next newer_ops = {
	.version = 1,
	.dispatch = (void *)newer_dispatch,
	.timeout_ms = 12345,
	.name = "t_newer",
};
