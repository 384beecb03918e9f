// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_edge - text without an end, at the very end of memory that may be read: the
 * page behind it is not mapped.
 */
#include "mgx_common.bpf.h"
#include "t_edge.h"

#define PAGE 4096

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[PAGE]);
} t_page SEC(".maps");

static __always_inline char *edge(void)
{
	__u32 zero = 0;
	char *page = bpf_map_lookup_elem(&t_page, &zero);

	if (!page)
		return NULL;
	page += PAGE - T_EDGE_LEN;
	__builtin_memcpy(page, T_EDGE_TEXT, T_EDGE_LEN);
	return page;
}

SEC("struct_ops/dump")
void BPF_PROG(edge_dump, struct mgx_dump_args *args)
{
	char *text = edge();

	if (text)
		mgx_bpf_dump(text, T_EDGE_LEN);
}

SEC("struct_ops/dispatch")
void BPF_PROG(edge_dispatch, struct mgx_batch *batch)
{
	char *text = edge();

	if (text)
		mgx_bpf_error(text, T_EDGE_LEN);
}

MGX_OPS_DEFINE(edge_ops, "test: text at the edge of memory",
	       .dump = (void *)edge_dump, .dispatch = (void *)edge_dispatch,
	       .name = "t_edge");
