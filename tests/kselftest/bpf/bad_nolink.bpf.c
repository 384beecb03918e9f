// SPDX-License-Identifier: GPL-2.0-only
/* bad_nolink - is in the section for struct_ops that go without a link. */
#include "mgx_common.bpf.h"

SEC(".struct_ops")
struct mgx_ops bad_ops = {
	.version = MGX_OPS_VERSION,
	.name = "bad_nolink",
};
