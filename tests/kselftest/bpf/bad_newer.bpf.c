// SPDX-License-Identifier: GPL-2.0-only
/* bad_newer - asks for a member that only a later module has. */
#include "t_newer.h"

SEC(".struct_ops.link")
struct mgx_ops___next newer_ops = {
	.version = 1,
	.patience = 1,
	.name = "bad_newer",
};
