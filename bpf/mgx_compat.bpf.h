/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_compat.bpf.h - for policies that shall also load where the module is older
 * than this header: kfuncs and figures that it may not have.
 *
 * All kfuncs but those of the first release are weak: a program that calls one
 * without asking whether it is there is refused by an older module. The
 * wrappers ask, and return what a policy has to expect anyhow: unknown, or not
 * supported. With members of struct mgx_ops libbpf deals: those that the module
 * does not know are left out if they are zero, and refused otherwise, by name.
 * A policy for both leaves them zero, or has an object of its own for each.
 */
#ifndef _MGX_COMPAT_BPF_H
#define _MGX_COMPAT_BPF_H

#include "mgx_common.bpf.h"

#include <bpf/bpf_core_read.h>

#ifndef EOPNOTSUPP
#define EOPNOTSUPP 95
#endif

/* Whether the loaded module knows a member of a struct, a value of an enum. */
#define mgx_has_field(type, field) bpf_core_field_exists(struct type, field)
#define mgx_has_value(type, value) bpf_core_enum_value_exists(enum type, value)
#define mgx_ops_has(member)	   mgx_has_field(mgx_ops, member)

/* Nanoseconds, 0 for unknown. */
static __always_inline __u64 mgx_cpu_copy_ns(__u64 bytes, __s32 src_nid,
					     __s32 dst_nid)
{
	if (!bpf_ksym_exists(mgx_bpf_cpu_copy_ns))
		return 0;
	return mgx_bpf_cpu_copy_ns(bytes, src_nid, dst_nid);
}

static __always_inline int mgx_wait(struct mgx_batch *batch, __u64 poll_ns)
{
	if (!bpf_ksym_exists(mgx_bpf_wait))
		return -EOPNOTSUPP;
	return mgx_bpf_wait(batch, poll_ns);
}

static __always_inline int mgx_channel_figures(__u32 id,
					       struct mgx_channel_info *info)
{
	if (!bpf_ksym_exists(mgx_bpf_channel_info))
		return -EOPNOTSUPP;
	return mgx_bpf_channel_info(id, info, sizeof(*info));
}

static __always_inline int mgx_events(struct mgx_event_counts *counts)
{
	if (!bpf_ksym_exists(mgx_bpf_events))
		return -EOPNOTSUPP;
	return mgx_bpf_events(counts, sizeof(*counts));
}

#endif /* _MGX_COMPAT_BPF_H */
