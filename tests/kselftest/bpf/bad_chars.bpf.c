// SPDX-License-Identifier: GPL-2.0-only
/* bad_chars - a name that would not do in a file or a report. */
#include "mgx_common.bpf.h"

MGX_OPS_DEFINE(bad_ops, "has a bad name", .name = "bad name\n");
