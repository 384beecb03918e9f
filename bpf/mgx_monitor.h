/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_monitor.h - what the monitor counts: shared by its BPF programs and by
 * user space.
 */
#ifndef _MGX_MONITOR_H
#define _MGX_MONITOR_H

#include <linux/types.h>

#include "hist.h"
#include "migrate_ext.h"

#define MGX_MONITOR_CHOICES 128	 /* kinds of batches, at most */
#define MGX_MONITOR_FLOWS   256	 /* channels times kinds of batches, at most */
#define MGX_MONITOR_RUNNING 1024 /* batches under way, at most */

/*
 * Size classes, by the largest folio of a batch: of one base page, of up to
 * 64 KiB, of less than 2 MiB, of 2 MiB, larger.
 */
enum mgx_size {
	MGX_SIZE_PAGE,
	MGX_SIZE_64K,
	MGX_SIZE_SUB2M,
	MGX_SIZE_2M,
	MGX_SIZE_LARGER,
	MGX_NR_SIZES,
};

#define MGX_SIZE_NAMES { "4K", "64K", "<2M", "2M", ">2M" }

/**
 * mgx_size_class() - the size class of a batch
 * @order: of its largest folio, in base pages of 4 KiB
 */
static inline __u32 mgx_size_class(__u32 order)
{
	if (!order)
		return MGX_SIZE_PAGE;
	if (order <= 4)
		return MGX_SIZE_64K;
	if (order < 9)
		return MGX_SIZE_SUB2M;
	return order == 9 ? MGX_SIZE_2M : MGX_SIZE_LARGER;
}

/**
 * struct mgx_choice_key - a kind of batch
 * @reason: &enum mgx_reason, or a later kernel's
 * @size: &enum mgx_size
 * @src_nid: node of its first source folio
 * @dst_nid: node of its first destination folio
 */
struct mgx_choice_key {
	__u32 reason;
	__u32 size;
	__s32 src_nid;
	__s32 dst_nid;
};

/**
 * struct mgx_choice - what was decided on such batches, and what came of it
 * @batches: shown to the policy
 * @folios: in them
 * @held: folios left to the kernel before the policy was asked
 * @bytes: in them, without @held
 * @submits: submissions granted
 * @submit_bytes: sum of what was granted; may exceed @bytes, see
 *	mgx_bpf_submit()
 * @refused: submissions refused
 * @done: batches of which something was submitted and that have ended
 * @copied: bytes copied as decided
 * @fallback: bytes of @done batches left to the kernel
 * @errors: @done batches in which something failed
 * @copy_ns: sum of the times of the copies
 * @first_ns: sum of the times to the first folio, see @first
 * @latency: time of the copy of a batch, as &struct mgx_done says
 * @first: from the moment when all folios of the batch are unmapped, flushed
 *	and locked, and the policy is about to be asked, to the end of the
 *	batch's copy. Before that no folio of the batch can be mapped again,
 *	so it is the least that a task waits for the first. The way from there
 *	to the page tables is the kernel's and is not in it.
 */
struct mgx_choice {
	__u64 batches;
	__u64 folios;
	__u64 held;
	__u64 bytes;
	__u64 submits;
	__u64 submit_bytes;
	__u64 refused;
	__u64 done;
	__u64 copied;
	__u64 fallback;
	__u64 errors;
	__u64 copy_ns;
	__u64 first_ns;
	__u32 latency[MGX_HIST_BUCKETS];
	__u32 first[MGX_HIST_BUCKETS];
};

/**
 * struct mgx_flow_key - a channel and a kind of batch
 * @channel: its number
 * @kind: of batch
 */
struct mgx_flow_key {
	__u32 channel;
	struct mgx_choice_key kind;
};

/**
 * struct mgx_flow - what the channel did for such batches
 * @shares: parts of batches that it was asked for
 * @bytes: copied
 * @ns: sum of the shares' times
 * @errors: shares that ended with an error
 * @latency: times of the shares
 */
struct mgx_flow {
	__u64 shares;
	__u64 bytes;
	__u64 ns;
	__u64 errors;
	__u32 latency[MGX_HIST_BUCKETS];
};

/**
 * struct mgx_call_count - calls of migrate_pages() that a policy's admit() saw
 * @calls: all
 * @skipped: left to the kernel
 * @limited: cut into smaller ones
 */
struct mgx_call_count {
	__u64 calls;
	__u64 skipped;
	__u64 limited;
};

/**
 * struct mgx_monitor_loss - what could not be counted
 * @choices: batches, no room for another kind
 * @flows: shares, no room for another kind
 * @rare: events, nobody fetched those before
 */
struct mgx_monitor_loss {
	__u64 choices;
	__u64 flows;
	__u64 rare;
};

/**
 * struct mgx_monitor_status - kept by who runs the monitor
 * @attached: it counts now
 * @attachments: how often it began to
 */
struct mgx_monitor_status {
	__u64 attached;
	__u64 attachments;
};

enum mgx_rare_kind {
	MGX_RARE_ATTACHED, /* a policy took charge */
	MGX_RARE_ENDED,	   /* a policy ended: status is &enum mgx_exit_kind */
	MGX_RARE_SHARE,	   /* a share failed: channel, status */
	MGX_RARE_REFUSED,  /* a submission was refused: channel, status */
};

/**
 * struct mgx_rare - something that does not happen to every batch
 * @ns: since boot, CLOCK_MONOTONIC
 * @batch: its id, or 0
 * @bytes: copied, or asked for
 * @kind: &enum mgx_rare_kind
 * @channel: who
 * @status: negative errno, or &enum mgx_exit_kind
 * @pid: thread that migrates
 * @reason: &enum mgx_reason
 * @name: of the policy
 */
struct mgx_rare {
	__u64 ns;
	__u64 batch;
	__u64 bytes;
	__u32 kind;
	__u32 channel;
	__s32 status;
	__s32 pid;
	__u32 reason;
	char name[MGX_NAME_LEN];
};

#endif /* _MGX_MONITOR_H */
