// SPDX-License-Identifier: GPL-2.0-only
/* bad_version - was written for a later version of the interface. */
#include "mgx_common.bpf.h"

SEC(".struct_ops.link")
struct mgx_ops bad_ops = {
	.version = MGX_OPS_VERSION + 1,
	.name = "bad_version",
};
