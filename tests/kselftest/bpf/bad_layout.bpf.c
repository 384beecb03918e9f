// SPDX-License-Identifier: GPL-2.0-only
/* bad_layout - has a member of another size than the module's struct mgx_ops. */
#define mgx_ops mgx_ops_of_this_version
#include "mgx_common.bpf.h"
#undef mgx_ops

struct mgx_ops {
	__u64 flags;
	__u32 version;
	char name[16];
};

SEC(".struct_ops.link")
struct mgx_ops bad_ops = {
	.version = MGX_OPS_VERSION,
	.name = "bad_layout",
};
