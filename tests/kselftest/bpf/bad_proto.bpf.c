// SPDX-License-Identifier: GPL-2.0-only
/* bad_proto - calls a kfunc as another version of the module may have had it. */
#define mgx_bpf_skip mgx_bpf_skip_of_this_version
#include "mgx_common.bpf.h"
#undef mgx_bpf_skip

extern int mgx_bpf_skip(struct mgx_req *req, __u32 why) __ksym;

SEC("struct_ops/admit")
void BPF_PROG(bad_admit, struct mgx_req *req)
{
	mgx_bpf_skip(req, 1);
}

MGX_OPS_DEFINE(bad_ops, "calls a kfunc with other arguments",
	       .admit = (void *)bad_admit, .name = "bad_proto");
