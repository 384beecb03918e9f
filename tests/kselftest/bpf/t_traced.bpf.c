// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_traced - no policy: somebody who wants to know how long migrations take, and
 * looks at the functions that the module hooks, before and after.
 */
#include "mgx_common.bpf.h"
#include "t_traced.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_TRACED_NR);
	__type(key, __u32);
	__type(value, __u64);
} t_seen SEC(".maps");

static __always_inline void seen(__u32 key)
{
	__u64 *count = bpf_map_lookup_elem(&t_seen, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("fentry/folio_mc_copy")
int copy_begins(void *ctx)
{
	return 0;
}

SEC("fexit/folio_mc_copy")
int BPF_PROG(copy_ends, void *dst, void *src, int rc)
{
	seen(T_TRACED_COPIES);
	if (rc)
		seen(T_TRACED_BAD);
	return 0;
}

SEC("fexit/migrate_pages")
int call_ends(void *ctx)
{
	seen(T_TRACED_CALLS);
	return 0;
}
