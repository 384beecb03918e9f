// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_older - a policy as it was compiled against the first migrate_ext.h, which
 * had fewer members, in this order.
 */
#define mgx_ops mgx_ops_of_this_version
#include "mgx_common.bpf.h"
#undef mgx_ops

struct mgx_ops___first {
	__s32 (*init)(struct mgx_init_args *args);
	void (*exit)(struct mgx_exit_info *info);
	void (*admit)(struct mgx_req *req);
	void (*dispatch)(struct mgx_batch *batch);
	void (*complete)(struct mgx_batch *batch, struct mgx_done *done);
	__u64 flags;
	__u32 version;
	char name[MGX_NAME_LEN];
};

/* As it was then. */
struct mgx_batch___first {
	__u64 id;
	__u64 bytes;
} __attribute__((preserve_access_index));

SEC("struct_ops/dispatch")
void BPF_PROG(older_dispatch, struct mgx_batch *batch)
{
	struct mgx_batch___first *old = (void *)batch;

	mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, old->bytes, 0, 0);
}

SEC(".struct_ops.link")
struct mgx_ops___first older_ops = {
	.version = 1,
	.dispatch = (void *)older_dispatch,
	.name = "t_older",
};
