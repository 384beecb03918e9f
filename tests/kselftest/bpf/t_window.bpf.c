// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_window - submits each batch whole and, when it was copied, waits until the
 * test has done what it wants to do between the copy and the folios' turns.
 */
#include "mgx_common.bpf.h"
#include "../window.h"

#define TICKS (1 << 16) /* and as often as that: longer than WINDOW_MS */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct window);
} window SEC(".maps");

/**
 * struct wait - a batch that waits
 * @number: its own
 * @until: no longer than that
 */
struct wait {
	__u32 number;
	__u64 until;
};

static struct window *the_window(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&window, &key);
}

static long wait_tick(__u32 i, struct wait *wait)
{
	struct window *w = the_window();

	if (!w || *(volatile __u32 *)&w->closed >= wait->number)
		return 1;
	if (bpf_ktime_get_ns() < wait->until)
		return 0;
	w->expired++;
	return 1;
}

static long wait_ticks(__u32 i, struct wait *wait)
{
	return bpf_loop(TICKS, wait_tick, wait, 0) < TICKS;
}

SEC("struct_ops/dispatch")
void BPF_PROG(window_dispatch, struct mgx_batch *batch)
{
	mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes, 0, 0);
}

SEC("struct_ops/complete")
void BPF_PROG(window_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	struct window *w = the_window();
	struct wait wait = {};

	if (!w || batch->tgid != w->tgid || done->channel != MGX_DONE_BATCH)
		return;
	wait.number = __sync_fetch_and_add(&w->opened, 1) + 1;
	wait.until = bpf_ktime_get_ns() + WINDOW_MS * 1000000ULL;
	bpf_loop(TICKS, wait_ticks, &wait, 0);
}

static long exit_tick(__u32 i, __u64 *until)
{
	struct window *w = the_window();

	return !w || !*(volatile __u32 *)&w->hold_exit ||
	       bpf_ktime_get_ns() > *until;
}

static long exit_ticks(__u32 i, __u64 *until)
{
	return bpf_loop(TICKS, exit_tick, until, 0) < TICKS;
}

SEC("struct_ops.s/exit")
void BPF_PROG(window_exit, struct mgx_exit_info *info)
{
	__u64 until = bpf_ktime_get_ns() + WINDOW_MS * 1000000ULL;
	struct window *w = the_window();

	if (!w)
		return;
	w->exiting = 1;
	bpf_loop(TICKS, exit_ticks, &until, 0);
}

MGX_OPS_DEFINE(window_ops, "test: time between copies and turns",
	       .dispatch = (void *)window_dispatch,
	       .complete = (void *)window_complete, .exit = (void *)window_exit,
	       .timeout_ms = 8 * WINDOW_MS, .name = "t_window", );
