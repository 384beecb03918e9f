// SPDX-License-Identifier: GPL-2.0-only
/* bad_flag - sets a flag that does not exist. */
#include "mgx_common.bpf.h"

MGX_OPS_DEFINE(bad_ops, "sets an unknown flag", .flags = 1ULL << 63,
	       .name = "bad_flag");
