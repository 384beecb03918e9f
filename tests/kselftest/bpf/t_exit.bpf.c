// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_exit - copies every batch, and ends itself where and how it is told to.
 */
#include "mgx_common.bpf.h"
#include "t_exit.h"

const volatile struct t_exit_config config = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, T_SEEN_NR);
	__type(key, __u32);
	__type(value, __u64);
} t_seen SEC(".maps");

static __always_inline __u64 *seen(__u32 what)
{
	return bpf_map_lookup_elem(&t_seen, &what);
}

static __always_inline void see(__u32 what)
{
	__u64 *n = seen(what);

	if (n)
		__sync_fetch_and_add(n, 1);
}

static __always_inline void work(void)
{
	__u64 *exited = seen(T_SEEN_EXIT);

	see(T_SEEN_WORK);
	if (exited && *exited)
		see(T_SEEN_LATE);
}

static __always_inline void end_if(__u32 where)
{
	if (config.where != where)
		return;
	if (config.how == T_BY_EXIT)
		mgx_exit(T_EXIT_CODE, T_EXIT_MSG);
	else if (config.how == T_BY_ERROR)
		mgx_error(T_ERROR_MSG);
}

SEC("struct_ops.s/init")
int BPF_PROG(t_init, struct mgx_init_args *args)
{
	see(T_SEEN_INIT);
	end_if(T_IN_INIT);
	if (config.where == T_IN_INIT && config.how == T_BY_RETURN)
		return config.ret;
	return 0;
}

SEC("struct_ops.s/exit")
void BPF_PROG(t_end, struct mgx_exit_info *info)
{
	__u64 *kind = seen(T_SEEN_KIND), *code = seen(T_SEEN_CODE);

	see(T_SEEN_EXIT);
	if (kind)
		*kind = info->kind;
	if (code)
		*code = info->code;
}

SEC("struct_ops/admit")
void BPF_PROG(t_admit, struct mgx_req *req)
{
	work();
	end_if(T_IN_ADMIT);
}

SEC("struct_ops/dispatch")
void BPF_PROG(t_dispatch, struct mgx_batch *batch)
{
	work();
	mgx_bpf_submit(batch, MGX_CHANNEL_CALLER, batch->bytes, 0, 0);
	end_if(T_IN_DISPATCH);
}

SEC("struct_ops/complete")
void BPF_PROG(t_complete, struct mgx_batch *batch, struct mgx_done *done)
{
	work();
	end_if(T_IN_COMPLETE);
}

MGX_OPS_DEFINE(exit_ops, "test: ends itself", .init = (void *)t_init,
	       .exit = (void *)t_end, .admit = (void *)t_admit,
	       .dispatch = (void *)t_dispatch, .complete = (void *)t_complete,
	       .name = "t_exit");
