// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_hostile - means no good: random numbers for everything a policy can say, to
 * channels that are not there or dead, from every member, and programs that run
 * as long as the verifier lets them.
 */
#include "mgx_common.bpf.h"

#define ODDS	 64	   /* one call in that many takes long */
#define LONG	 (1 << 12) /* rounds of each of two loops */
#define CHANNELS 70	   /* more than there can be */
#define SHARES	 12	   /* likewise */

static __always_inline __u64 any_size(__u64 whole)
{
	switch (bpf_get_prandom_u32() % 10) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return 4095;
	case 3:
		return 4097;
	case 4:
		return ~0ULL;
	case 5:
		return 1ULL << 63;
	case 6:
		return ~4095ULL;
	case 7:
		return whole + 1;
	default:
		return whole;
	}
}

/* Mostly none, so that something is granted; else any bit. */
static __always_inline __u64 any_flags(void)
{
	__u32 bit = bpf_get_prandom_u32() % 256;

	return bit < 64 ? 1ULL << bit : 0;
}

static long submit_any(__u32 i, struct mgx_batch **batch)
{
	__u32 channel = bpf_get_prandom_u32() % CHANNELS;

	/* The first few are there, if any is. */
	if (i & 1)
		channel %= 6;
	mgx_bpf_submit(*batch, channel, any_size((*batch)->bytes),
		       any_size(1 << 16), any_flags());
	return 0;
}

static __always_inline void misuse(void)
{
	struct mgx_batch batch = { .bytes = ~0ULL, .nr_folios = ~0U };
	struct mgx_req req = {};
	char text[] = "\x1b[2J\xff%s%n";
	__u64 room = 0;

	mgx_bpf_submit(&batch, 0, ~0ULL, ~0U, 0);
	mgx_bpf_wait(&batch, ~0ULL);
	mgx_bpf_limit(&req, 0);
	mgx_bpf_skip(&req);
	mgx_bpf_dump(text, sizeof(text));
	mgx_bpf_channel_info(bpf_get_prandom_u32(), &room, sizeof(room));
	mgx_bpf_cpu_copy_ns(~0ULL, bpf_get_prandom_u32(),
			    bpf_get_prandom_u32());
	mgx_bpf_events(&room, sizeof(room));
}

static long waste(__u32 i, void *unused)
{
	struct mgx_channel_info *info;

	bpf_for_each(mgx_channel, info, i)
		;
	return 0;
}

static long waste_more(__u32 i, void *unused)
{
	bpf_loop(LONG / 64, waste, NULL, 0);
	return 0;
}

static __always_inline void dawdle(void)
{
	if (!(bpf_get_prandom_u32() % ODDS))
		bpf_loop(LONG / 64, waste_more, NULL, 0);
}

SEC("struct_ops.s/init")
int BPF_PROG(hostile_init, struct mgx_init_args *args)
{
	misuse();
	return 0;
}

SEC("struct_ops.s/exit")
void BPF_PROG(hostile_exit, struct mgx_exit_info *info)
{
	misuse();
	mgx_error("from exit()");
}

SEC("struct_ops/admit")
void BPF_PROG(hostile_admit, struct mgx_req *req)
{
	misuse();
	dawdle();
	mgx_bpf_limit(req, any_size(16));
	if (!(bpf_get_prandom_u32() % 16))
		mgx_bpf_skip(req);
}

SEC("struct_ops/dispatch")
void BPF_PROG(hostile_dispatch, struct mgx_batch *batch)
{
	__u32 i;

	misuse();
	dawdle();
	bpf_for(i, 0, SHARES) submit_any(i, &batch);
	mgx_bpf_wait(batch, any_size(1 << 20));
}

SEC("struct_ops/complete")
void BPF_PROG(hostile_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	misuse();
	dawdle();
	submit_any(1, &batch);
	mgx_bpf_wait(batch, ~0ULL);
}

SEC("struct_ops/channel")
void BPF_PROG(hostile_channel, struct mgx_channel_info *info, __u32 event)
{
	misuse();
	dawdle();
}

static long flood(__u32 i, void *unused)
{
	misuse();
	return 0;
}

SEC("struct_ops/dump")
void BPF_PROG(hostile_dump, struct mgx_dump_args *args)
{
	bpf_loop(LONG, flood, NULL, 0);
}

MGX_OPS_DEFINE(hostile_ops, "test: means no good", .init = (void *)hostile_init,
	       .exit = (void *)hostile_exit, .admit = (void *)hostile_admit,
	       .dispatch = (void *)hostile_dispatch,
	       .complete = (void *)hostile_complete,
	       .channel = (void *)hostile_channel, .dump = (void *)hostile_dump,
	       .exit_dump_len = 1, .guard_run = ~0U, .name = "t_hostile");
