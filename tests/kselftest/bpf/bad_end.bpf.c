// SPDX-License-Identifier: GPL-2.0-only
/* bad_end - ends itself at the first call of migrate_pages(). */
#include "mgx_common.bpf.h"

MGX_SETTING("end because of an error")
bool error;

SEC("struct_ops/admit")
void BPF_PROG(bad_admit, struct mgx_req *req)
{
	mgx_stat_call(req);
	if (error)
		mgx_error("something is wrong");
	else
		mgx_exit(42, "had enough");
}

MGX_OPS_DEFINE(bad_ops, "ends itself", .admit = (void *)bad_admit,
	       .name = "bad_end");
