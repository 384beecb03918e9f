// SPDX-License-Identifier: GPL-2.0-only
/* bad_kfunc - calls a kfunc that the module does not have. */
#include "mgx_common.bpf.h"

extern int mgx_bpf_teleport(struct mgx_req *req) __ksym;

SEC("struct_ops/admit")
void BPF_PROG(bad_admit, struct mgx_req *req)
{
	mgx_bpf_teleport(req);
}

MGX_OPS_DEFINE(bad_ops, "calls a kfunc that does not exist",
	       .admit = (void *)bad_admit, .name = "bad_kfunc");
