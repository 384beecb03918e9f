// SPDX-License-Identifier: GPL-2.0-only
/* bad_member - uses a member that the module's struct mgx_ops does not have. */
#define mgx_ops mgx_ops_of_this_version
#include "mgx_common.bpf.h"
#undef mgx_ops

struct mgx_ops {
	__u64 flags;
	__u32 version;
	char name[MGX_NAME_LEN];
	__u32 timeout_fortnights;
};

SEC(".struct_ops.link")
struct mgx_ops bad_ops = {
	.version = MGX_OPS_VERSION,
	.timeout_fortnights = 1,
	.name = "bad_member",
};
