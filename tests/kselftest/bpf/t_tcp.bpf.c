// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_tcp - struct_ops of another kind, which may call the same kfuncs as far as
 * the verifier knows: a congestion control that tries them when a connection
 * begins.
 */
#include "mgx_common.bpf.h"
#include "t_tcp.h"

/* As much of it as there has to be; libbpf finds the members by name. */
struct sock;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*init)(struct sock *sk);
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_TCP_NR);
	__type(key, __u32);
	__type(value, __u64);
} t_result SEC(".maps");

static __always_inline void result(__u32 key, __s64 rc)
{
	__u64 value = rc;

	bpf_map_update_elem(&t_result, &key, &value, BPF_ANY);
}

SEC("struct_ops/init")
void BPF_PROG(tcp_init, struct sock *sk)
{
	struct mgx_batch batch = { .bytes = 4096 };
	struct mgx_channel_info *info;
	char text[] = "from a connection";
	struct mgx_req req = {};
	__u64 room = 0, rounds = 0;

	result(T_TCP_SUBMIT, mgx_bpf_submit(&batch, 0, 4096, 0, 0));
	result(T_TCP_WAIT, mgx_bpf_wait(&batch, 0));
	result(T_TCP_LIMIT, mgx_bpf_limit(&req, 1));
	result(T_TCP_SKIP, mgx_bpf_skip(&req));
	result(T_TCP_INFO, mgx_bpf_channel_info(0, &room, sizeof(room)));
	result(T_TCP_EVENTS, mgx_bpf_events(&room, sizeof(room)));
	result(T_TCP_DUMP, mgx_bpf_dump(text, sizeof(text)));
	result(T_TCP_CPU_NS, mgx_bpf_cpu_copy_ns(4096, 0, 0));
	bpf_for_each(mgx_channel, info, -1)
		rounds++;
	result(T_TCP_ITER, rounds);
	mgx_bpf_exit(0, text, sizeof(text));
	mgx_bpf_error(text, sizeof(text));
	result(T_TCP_CALLS, 1);
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(tcp_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(tcp_cong_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(tcp_undo_cwnd, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops tcp_ops = {
	.init = (void *)tcp_init,
	.ssthresh = (void *)tcp_ssthresh,
	.cong_avoid = (void *)tcp_cong_avoid,
	.undo_cwnd = (void *)tcp_undo_cwnd,
	.name = T_TCP_NAME,
};
