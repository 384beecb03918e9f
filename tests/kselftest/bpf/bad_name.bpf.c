// SPDX-License-Identifier: GPL-2.0-only
/* bad_name - has no name: the module must refuse it. */
#include "mgx_common.bpf.h"

MGX_OPS_DEFINE(bad_ops, "has no name");
