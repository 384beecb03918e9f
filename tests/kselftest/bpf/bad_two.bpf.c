// SPDX-License-Identifier: GPL-2.0-only
/* bad_two - two policies in a file: which one is meant? */
#include "mgx_common.bpf.h"

MGX_OPS_DEFINE(first_ops, "the first", .name = "bad_two_a");

MGX_OPS_DEFINE(second_ops, "the second", .name = "bad_two_b");
