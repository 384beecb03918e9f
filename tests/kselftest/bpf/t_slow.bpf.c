// SPDX-License-Identifier: GPL-2.0-only
/* t_slow - its exit() takes a while: its end has begun, and is not over. */
#include "mgx_common.bpf.h"

MGX_SETTING("milliseconds that exit() takes")
__u32 exit_ms = 1500;

static long until(__u64 index, __u64 *end)
{
	return bpf_ktime_get_ns() >= *end;
}

SEC("struct_ops/exit")
void BPF_PROG(slow_exit, struct mgx_exit_info *info)
{
	__u64 end = bpf_ktime_get_ns() + exit_ms * 1000000ULL;

	bpf_loop(1 << 23, until, &end, 0);
}

MGX_OPS_DEFINE(slow_ops, "takes its time to go", .exit = (void *)slow_exit,
	       .name = "t_slow");
