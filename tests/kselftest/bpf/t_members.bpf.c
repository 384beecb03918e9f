// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_members - has every member, and tries every kfunc in each of them.
 */
#include "mgx_common.bpf.h"
#include "t_members.h"

MGX_SETTING("who copies")
__u32 channel = MGX_CHANNEL_CALLER;
MGX_SETTING("nanoseconds that dispatch() takes at least")
__u64 spin_ns = 0;
MGX_SETTING("member that ends the policy by an error, enum t_member")
__u32 fail_in = T_NR_MEMBERS;
MGX_SETTING("lines that dump() prints beyond the first")
__u32 lines = 0;

#define TICKS 4096

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_NR_MEMBERS *T_NR_KFUNCS);
	__type(key, __u32);
	__type(value, __u64);
} t_result SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_NR_MEMBERS);
	__type(key, __u32);
	__type(value, struct mgx_event_counts);
} t_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_NOTICES);
	__type(key, __u32);
	__type(value, struct t_notice);
} t_notices SEC(".maps");

/* The beginning of the dump that exit() was given. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[T_TEXT]);
} t_text SEC(".maps");

static __u32 nr_notices;

static __always_inline void result(__u32 member, __u32 kfunc, __s64 rc)
{
	__u32 key = T_RESULT(member, kfunc);
	__u64 value = rc;

	bpf_map_update_elem(&t_result, &key, &value, BPF_ANY);
}

static __always_inline void called(__u32 member)
{
	__u32 key = T_RESULT(member, T_CALLS);
	__u64 *calls = bpf_map_lookup_elem(&t_result, &key);

	if (calls)
		__sync_fetch_and_add(calls, 1);
}

static __always_inline void try_forged(__u32 member)
{
	struct mgx_batch batch = {};
	struct mgx_req req = {};

	result(member, T_SUBMIT, mgx_bpf_submit(&batch, 0, 4096, 0, 0));
	result(member, T_WAIT, mgx_bpf_wait(&batch, 0));
	result(member, T_LIMIT, mgx_bpf_limit(&req, 1));
	result(member, T_SKIP, mgx_bpf_skip(&req));
}

static __always_inline void try_events(__u32 member)
{
	struct mgx_event_counts *counts =
		bpf_map_lookup_elem(&t_counts, &member);

	if (!counts)
		return;
	result(member, T_EVENTS, mgx_bpf_events(counts, sizeof(*counts)));
	result(member, T_EVENTS_ODD, mgx_bpf_events(counts, 7));
}

static __always_inline void try_figures(__u32 member)
{
	struct mgx_channel_info info, *each;
	__s64 rounds = 0;

	result(member, T_INFO, mgx_bpf_channel_info(0, &info, sizeof(info)));
	result(member, T_INFO_NO_ROOM, mgx_bpf_channel_info(0, &info, 0));
	result(member, T_CPU_NS, mgx_bpf_cpu_copy_ns(1 << 20, 0, 0));
	bpf_for_each(mgx_channel, each, -1) {
		rounds = 1;
		break;
	}
	result(member, T_ITER, rounds);
}

static __always_inline void try_all(__u32 member)
{
	char line[] = T_LINE;

	called(member);
	try_forged(member);
	try_figures(member);
	try_events(member);
	result(member, T_PRINT, mgx_bpf_dump(line, sizeof(line)));
	if (fail_in == member)
		mgx_error("as it was told");
}

SEC("struct_ops.s/init")
int BPF_PROG(members_init, struct mgx_init_args *args)
{
	try_all(T_INIT);
	return 0;
}

SEC("struct_ops.s/exit")
void BPF_PROG(members_exit, struct mgx_exit_info *info)
{
	__u32 zero = 0;
	char *text = bpf_map_lookup_elem(&t_text, &zero);

	try_all(T_EXIT);
	if (text && info->dump_len)
		bpf_probe_read_kernel_str(text, T_TEXT, info->dump);
	/* Too late for that, and harmless. */
	mgx_error("from exit()");
}

SEC("struct_ops/admit")
void BPF_PROG(members_admit, struct mgx_req *req)
{
	try_all(T_ADMIT);
}

static long spin_tick(__u32 i, __u64 *until)
{
	return bpf_ktime_get_ns() > *until;
}

static long spin_ticks(__u32 i, __u64 *until)
{
	return bpf_loop(TICKS, spin_tick, until, 0) < TICKS;
}

SEC("struct_ops/dispatch")
void BPF_PROG(members_dispatch, struct mgx_batch *batch)
{
	__u64 until = bpf_ktime_get_ns() + spin_ns;

	try_all(T_DISPATCH);
	mgx_bpf_submit(batch, channel, batch->bytes, 0, 0);
	if (spin_ns)
		bpf_loop(1 << 20, spin_ticks, &until, 0);
}

SEC("struct_ops/complete")
void BPF_PROG(members_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	try_all(T_COMPLETE);
}

SEC("struct_ops/channel")
void BPF_PROG(members_channel, struct mgx_channel_info *info, __u32 event)
{
	struct t_notice notice = {
		.id = info->id,
		.event = event,
		.state = info->state,
		.told = 1,
	};
	__u32 key = nr_notices;

	try_all(T_CHANNEL);
	bpf_map_update_elem(&t_notices, &key, &notice, BPF_ANY);
	nr_notices = key + 1;
}

static long dump_line(__u32 i, void *unused)
{
	mgx_dump("line %u of %u, %s", i + 1, lines, "and on");
	return 0;
}

SEC("struct_ops/dump")
void BPF_PROG(members_dump, struct mgx_dump_args *args)
{
	char wild[] = "wild\x1b[1m\n";

	try_all(T_DUMP);
	mgx_dump("kind %u, room %d", args->kind, args->room > 0);
	mgx_bpf_dump(wild, sizeof(wild));
	bpf_loop(lines, dump_line, NULL, 0);
}

MGX_OPS_DEFINE(members_ops, "test: every member, every kfunc",
	       .init = (void *)members_init, .exit = (void *)members_exit,
	       .admit = (void *)members_admit,
	       .dispatch = (void *)members_dispatch,
	       .complete = (void *)members_complete,
	       .channel = (void *)members_channel, .dump = (void *)members_dump,
	       .name = "t_members");
