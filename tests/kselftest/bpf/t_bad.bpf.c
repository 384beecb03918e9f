// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_bad - policies that the verifier accepts and the module must not.
 */
#include "mgx_common.bpf.h"

SEC(".struct_ops.link")
struct mgx_ops no_name = {
	.version = MGX_OPS_VERSION,
};

SEC(".struct_ops.link")
struct mgx_ops bad_name = {
	.version = MGX_OPS_VERSION,
	.name = "no good/name",
};

SEC(".struct_ops.link")
struct mgx_ops endless_name = {
	.version = MGX_OPS_VERSION,
	.name = { [0 ... MGX_NAME_LEN - 1] = 'x' },
};

SEC(".struct_ops.link")
struct mgx_ops bad_flag = {
	.version = MGX_OPS_VERSION,
	.flags = 1ULL << 63,
	.name = "t_bad",
};

SEC(".struct_ops.link")
struct mgx_ops bad_version = {
	.version = MGX_OPS_VERSION + 1,
	.name = "t_bad",
};
