/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_newer.h - struct mgx_ops and kfuncs as a later migrate_ext.h may have them.
 */
#ifndef _T_NEWER_H
#define _T_NEWER_H

#define mgx_ops mgx_ops_of_this_version
#include "mgx_compat.bpf.h"
#undef mgx_ops

struct mgx_ops___next {
	__s32 (*init)(struct mgx_init_args *args);
	void (*rest)(struct mgx_batch *batch, __u64 how);
	void (*dispatch)(struct mgx_batch *batch);
	__u64 flags;
	__u32 version;
	__u64 patience;
	__u32 timeout_ms;
	char name[MGX_NAME_LEN];
};

struct mgx_batch___next {
	__u64 bytes;
	__u64 colour;
} __attribute__((preserve_access_index));

int mgx_bpf_paint(struct mgx_batch *batch, __u64 colour) __ksym __weak;

/* What a policy does that was written for both. */
static __always_inline void newer_dispatch_both(struct mgx_batch *batch)
{
	struct mgx_batch___next *next = (void *)batch;

	if (bpf_core_field_exists(next->colour) &&
	    bpf_ksym_exists(mgx_bpf_paint))
		mgx_bpf_paint(batch, next->colour);
	if (mgx_cpu_copy_ns(next->bytes, batch->src_nid, batch->dst_nid))
		mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, next->bytes, 0, 0);
}

#endif /* _T_NEWER_H */
