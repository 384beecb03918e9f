// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_rejects - programs that must not be let in, each with a policy of its own
 * that has nothing else, and for some what must be. rejects.c loads them one at
 * a time, and knows what has to be said of each.
 */
#include "mgx_common.bpf.h"

/* clang-format off: a table */
#define ALONE(member, program)              \
	SEC(".struct_ops.link")             \
	struct mgx_ops ops_##program = {    \
		.version = MGX_OPS_VERSION, \
		.member = (void *)program,  \
		.name = #program,           \
	}
/* clang-format on */

/* --- members that must not sleep ---------------------------------------------- */

SEC("struct_ops.s/admit")
void BPF_PROG(sleeps_admit, struct mgx_req *req)
{
}
ALONE(admit, sleeps_admit);

SEC("struct_ops.s/dispatch")
void BPF_PROG(sleeps_dispatch, struct mgx_batch *batch)
{
}
ALONE(dispatch, sleeps_dispatch);

SEC("struct_ops.s/complete")
void BPF_PROG(sleeps_complete, struct mgx_batch *batch, struct mgx_done *done)
{
}
ALONE(complete, sleeps_complete);

SEC("struct_ops.s/channel")
void BPF_PROG(sleeps_channel, struct mgx_channel_info *info, __u32 event)
{
}
ALONE(channel, sleeps_channel);

SEC("struct_ops.s/dump")
void BPF_PROG(sleeps_dump, struct mgx_dump_args *args)
{
}
ALONE(dump, sleeps_dump);

SEC("struct_ops/dispatch")
void BPF_PROG(sleeps_by_helper, struct mgx_batch *batch)
{
	char byte;

	bpf_copy_from_user(&byte, 1, (void *)batch->id);
}
ALONE(dispatch, sleeps_by_helper);

/* --- arguments are the kernel's ------------------------------------------------- */

SEC("struct_ops/admit")
void BPF_PROG(writes_req, struct mgx_req *req)
{
	req->reason = 0;
}
ALONE(admit, writes_req);

SEC("struct_ops/dispatch")
void BPF_PROG(writes_batch, struct mgx_batch *batch)
{
	batch->bytes = 0;
}
ALONE(dispatch, writes_batch);

SEC("struct_ops/complete")
void BPF_PROG(writes_done, struct mgx_batch *batch, struct mgx_done *done)
{
	done->status = 0;
}
ALONE(complete, writes_done);

SEC("struct_ops/channel")
void BPF_PROG(writes_info, struct mgx_channel_info *info, __u32 event)
{
	info->state = 0;
}
ALONE(channel, writes_info);

SEC("struct_ops.s/exit")
void BPF_PROG(writes_exit, struct mgx_exit_info *info)
{
	info->code = 0;
}
ALONE(exit, writes_exit);

SEC("struct_ops/dump")
void BPF_PROG(writes_dump, struct mgx_dump_args *args)
{
	args->room = 0;
}
ALONE(dump, writes_dump);

static volatile __u64 sink;

SEC("struct_ops/dispatch")
void BPF_PROG(reads_beyond, struct mgx_batch *batch)
{
	sink = *(volatile __u64 *)((char *)batch + 64);
}
ALONE(dispatch, reads_beyond);

SEC("struct_ops/dispatch")
void BPF_PROG(reads_before, struct mgx_batch *batch)
{
	sink = *(volatile __u64 *)((char *)batch - 8);
}
ALONE(dispatch, reads_before);

SEC("struct_ops/dispatch")
void BPF_PROG(reads_argument, struct mgx_batch *batch, struct mgx_done *none)
{
	sink = none->bytes;
}
ALONE(dispatch, reads_argument);

/* --- kfuncs get what they ask for ------------------------------------------------ */

SEC("struct_ops/dispatch")
void BPF_PROG(submits_null, struct mgx_batch *batch)
{
	mgx_bpf_submit(NULL, 0, 4096, 0, 0);
}
ALONE(dispatch, submits_null);

SEC("struct_ops/dispatch")
void BPF_PROG(submits_number, struct mgx_batch *batch)
{
	mgx_bpf_submit((void *)batch->id, 0, 4096, 0, 0);
}
ALONE(dispatch, submits_number);

SEC("struct_ops/complete")
void BPF_PROG(submits_done, struct mgx_batch *batch, struct mgx_done *done)
{
	mgx_bpf_submit((void *)done, 0, 4096, 0, 0);
}
ALONE(complete, submits_done);

SEC("struct_ops/admit")
void BPF_PROG(submits_req, struct mgx_req *req)
{
	mgx_bpf_submit((void *)req, 0, 4096, 0, 0);
}
ALONE(admit, submits_req);

SEC("struct_ops/dispatch")
void BPF_PROG(submits_middle, struct mgx_batch *batch)
{
	mgx_bpf_submit((void *)&batch->bytes, 0, 4096, 0, 0);
}
ALONE(dispatch, submits_middle);

SEC("struct_ops/dispatch")
void BPF_PROG(limits_batch, struct mgx_batch *batch)
{
	mgx_bpf_limit((void *)batch, 1);
}
ALONE(dispatch, limits_batch);

SEC("struct_ops/dispatch")
void BPF_PROG(info_too_large, struct mgx_batch *batch)
{
	__u64 room[2];

	mgx_bpf_channel_info(0, room, 64);
}
ALONE(dispatch, info_too_large);

SEC("struct_ops/dispatch")
void BPF_PROG(info_unbounded, struct mgx_batch *batch)
{
	__u64 room[2];

	mgx_bpf_channel_info(0, room, batch->bytes);
}
ALONE(dispatch, info_unbounded);

SEC("struct_ops/dispatch")
void BPF_PROG(info_into_batch, struct mgx_batch *batch)
{
	mgx_bpf_channel_info(0, batch, sizeof(*batch));
}
ALONE(dispatch, info_into_batch);

SEC("struct_ops/dispatch")
void BPF_PROG(events_into_ctx, struct mgx_batch *batch)
{
	mgx_bpf_events(ctx, 8);
}
ALONE(dispatch, events_into_ctx);

SEC("struct_ops/dispatch")
void BPF_PROG(exit_unbounded, struct mgx_batch *batch)
{
	char msg[8] = "oh";

	mgx_bpf_exit(0, msg, batch->bytes);
}
ALONE(dispatch, exit_unbounded);

SEC("struct_ops/dump")
void BPF_PROG(dump_number, struct mgx_dump_args *args)
{
	mgx_bpf_dump((void *)(long)args->room, 8);
}
ALONE(dump, dump_number);

/* --- the iterator ----------------------------------------------------------------- */

SEC("struct_ops/dispatch")
void BPF_PROG(iter_not_begun, struct mgx_batch *batch)
{
	struct bpf_iter_mgx_channel it = {};

	bpf_iter_mgx_channel_next(&it);
}
ALONE(dispatch, iter_not_begun);

SEC("struct_ops/dispatch")
void BPF_PROG(iter_not_ended, struct mgx_batch *batch)
{
	struct bpf_iter_mgx_channel it;

	bpf_iter_mgx_channel_new(&it, -1);
}
ALONE(dispatch, iter_not_ended);

SEC("struct_ops/dispatch")
void BPF_PROG(iter_begun_twice, struct mgx_batch *batch)
{
	struct bpf_iter_mgx_channel it;

	bpf_iter_mgx_channel_new(&it, -1);
	bpf_iter_mgx_channel_new(&it, -1);
	bpf_iter_mgx_channel_destroy(&it);
}
ALONE(dispatch, iter_begun_twice);

/* What may be NULL: the one below is accepted, which looks. */
SEC("struct_ops/dispatch")
void BPF_PROG(iter_not_checked, struct mgx_batch *batch)
{
	struct bpf_iter_mgx_channel it;
	struct mgx_channel_info *info;

	bpf_iter_mgx_channel_new(&it, -1);
	info = bpf_iter_mgx_channel_next(&it);
	sink = info->bytes;
	bpf_iter_mgx_channel_destroy(&it);
}
ALONE(dispatch, iter_not_checked);

SEC("struct_ops/dispatch")
void BPF_PROG(iter_checked, struct mgx_batch *batch)
{
	struct bpf_iter_mgx_channel it;
	struct mgx_channel_info *info;

	bpf_iter_mgx_channel_new(&it, -1);
	info = bpf_iter_mgx_channel_next(&it);
	if (info)
		sink = info->bytes;
	bpf_iter_mgx_channel_destroy(&it);
}
ALONE(dispatch, iter_checked);

/* --- programs that do not end, helpers that are not for policies ----------------- */

SEC("struct_ops/dispatch")
void BPF_PROG(never_ends, struct mgx_batch *batch)
{
	while (!sink)
		;
}
ALONE(dispatch, never_ends);

SEC("struct_ops/dispatch")
void BPF_PROG(map_not_checked, struct mgx_batch *batch)
{
	__u32 key = batch->reason;
	__u64 *calls = bpf_map_lookup_elem(&mgx_stats, &key);

	sink = *calls;
}
ALONE(dispatch, map_not_checked);

SEC("struct_ops/dispatch")
void BPF_PROG(map_checked, struct mgx_batch *batch)
{
	__u32 key = batch->reason;
	__u64 *calls = bpf_map_lookup_elem(&mgx_stats, &key);

	if (calls)
		sink = *calls;
}
ALONE(dispatch, map_checked);

SEC("struct_ops/dispatch")
void BPF_PROG(foreign_helper, struct mgx_batch *batch)
{
	bpf_redirect(0, 0);
}
ALONE(dispatch, foreign_helper);

SEC("struct_ops/dispatch")
void BPF_PROG(writes_user, struct mgx_batch *batch)
{
	char byte = 0;

	bpf_probe_write_user((void *)batch->id, &byte, 1);
}
ALONE(dispatch, writes_user);

/* --- programs of other types, which are nobody's members ------------------------- */

SEC("syscall")
int type_syscall(void *ctx)
{
	struct mgx_batch batch = {};

	return mgx_bpf_submit(&batch, 0, 4096, 0, 0);
}

SEC("xdp")
int type_xdp(void *ctx)
{
	return mgx_bpf_cpu_copy_ns(4096, 0, 0);
}

SEC("tc")
int type_tc(void *ctx)
{
	__u64 bytes = 0;

	return mgx_bpf_channel_info(0, &bytes, sizeof(bytes));
}

SEC("fentry/migrate_pages")
int type_fentry(void *ctx)
{
	mgx_error("from outside");
	return 0;
}

SEC("kprobe/migrate_pages")
int type_kprobe(void *ctx)
{
	mgx_exit(0, "from outside");
	return 0;
}

SEC("raw_tp/sched_switch")
int type_raw_tp(void *ctx)
{
	__u64 calls = 0;

	return mgx_bpf_events(&calls, sizeof(calls));
}

SEC("socket")
int type_socket(void *ctx)
{
	struct mgx_req req = {};

	return mgx_bpf_skip(&req);
}

SEC("perf_event")
int type_perf_event(void *ctx)
{
	char line[] = "from outside";

	return mgx_bpf_dump(line, sizeof(line));
}
