/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM migrate_ext

#if !defined(_MGX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MGX_TRACE_H

#include <linux/tracepoint.h>

#include "migrate_ext.h"

/* clang-format off */
/**
 * mgx_call - a policy has seen a call of migrate_pages()
 * @req: what it saw
 * @limit: pages per call that it asked for, 0 for no limit
 * @skip: it left the call to the kernel
 */
TRACE_EVENT(mgx_call,
	TP_PROTO(const struct mgx_req *req, u32 limit, bool skip),
	TP_ARGS(req, limit, skip),
	TP_STRUCT__entry(
		__field(u32, reason)
		__field(u32, mode)
		__field(u32, limit)
		__field(bool, skip)
	),
	TP_fast_assign(
		__entry->reason = req->reason;
		__entry->mode = req->mode;
		__entry->limit = limit;
		__entry->skip = skip;
	),
	TP_printk("reason=%u mode=%u limit=%u skip=%d", __entry->reason,
		  __entry->mode, __entry->limit, __entry->skip)
);

/**
 * mgx_batch - a batch is ready to be copied
 * @batch: the batch
 */
TRACE_EVENT(mgx_batch,
	TP_PROTO(const struct mgx_batch *batch),
	TP_ARGS(batch),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, bytes)
		__field(u32, reason)
		__field(u32, nr_folios)
		__field(u32, nr_held)
		__field(s32, src_nid)
		__field(s32, dst_nid)
	),
	TP_fast_assign(
		__entry->id = batch->id;
		__entry->bytes = batch->bytes;
		__entry->reason = batch->reason;
		__entry->nr_folios = batch->nr_folios;
		__entry->nr_held = batch->nr_held;
		__entry->src_nid = batch->src_nid;
		__entry->dst_nid = batch->dst_nid;
	),
	TP_printk("id=%llu reason=%u folios=%u held=%u bytes=%llu nodes=%d->%d",
		  __entry->id, __entry->reason, __entry->nr_folios,
		  __entry->nr_held, __entry->bytes, __entry->src_nid,
		  __entry->dst_nid)
);

/**
 * mgx_submit - a policy asked a channel to copy
 * @batch: what is to be copied
 * @channel: who is to copy
 * @bytes: how much was asked for
 * @granted: how much was granted, or a negative errno
 */
TRACE_EVENT(mgx_submit,
	TP_PROTO(const struct mgx_batch *batch, u32 channel, u64 bytes,
		 s64 granted),
	TP_ARGS(batch, channel, bytes, granted),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, bytes)
		__field(s64, granted)
		__field(u32, channel)
	),
	TP_fast_assign(
		__entry->id = batch->id;
		__entry->bytes = bytes;
		__entry->granted = granted;
		__entry->channel = channel;
	),
	TP_printk("id=%llu channel=%u bytes=%llu granted=%lld", __entry->id,
		  __entry->channel, __entry->bytes, __entry->granted)
);

/**
 * mgx_done - a share of a batch, or the whole batch, was copied
 * @batch: the batch
 * @done: what was copied by whom, in which time
 */
TRACE_EVENT(mgx_done,
	TP_PROTO(const struct mgx_batch *batch, const struct mgx_done *done),
	TP_ARGS(batch, done),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, bytes)
		__field(u64, ns)
		__field(u32, channel)
		__field(s32, status)
	),
	TP_fast_assign(
		__entry->id = batch->id;
		__entry->bytes = done->bytes;
		__entry->ns = done->ns;
		__entry->channel = done->channel;
		__entry->status = done->status;
	),
	TP_printk("id=%llu channel=%d bytes=%llu ns=%llu status=%d",
		  __entry->id, (s32)__entry->channel, __entry->bytes,
		  __entry->ns, __entry->status)
);

/**
 * mgx_policy - a policy took charge or ended
 * @name: its name
 * @kind: MGX_EXIT_NONE when it took charge, else why it ended
 */
TRACE_EVENT(mgx_policy,
	TP_PROTO(const char *name, u32 kind),
	TP_ARGS(name, kind),
	TP_STRUCT__entry(
		__array(char, name, MGX_NAME_LEN)
		__field(u32, kind)
	),
	TP_fast_assign(
		strscpy(__entry->name, name, MGX_NAME_LEN);
		__entry->kind = kind;
	),
	TP_printk("name=%s kind=%u", __entry->name, __entry->kind)
);

#endif /* _MGX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
