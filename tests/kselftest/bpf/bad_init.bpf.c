// SPDX-License-Identifier: GPL-2.0-only
/* bad_init - its init() refuses, or ends the policy. */
#include "mgx_common.bpf.h"

MGX_SETTING("what init() returns")
__s32 result = -1; /* -EPERM */
MGX_SETTING("init() calls mgx_bpf_exit()")
bool leave;

SEC("struct_ops.s/init")
int BPF_PROG(bad_init, struct mgx_init_args *args)
{
	if (leave)
		mgx_exit(7, "not in the mood");
	return result;
}

MGX_OPS_DEFINE(bad_ops, "refuses in init()", .init = (void *)bad_init,
	       .name = "bad_init");
