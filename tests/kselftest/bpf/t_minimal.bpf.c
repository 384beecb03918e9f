// SPDX-License-Identifier: GPL-2.0-only
/* t_minimal - what a policy must have, and no more. */
#include "mgx_common.bpf.h"

MGX_OPS_DEFINE(minimal_ops, "test: nothing at all", .name = "t_minimal");
