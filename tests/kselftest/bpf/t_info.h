/* SPDX-License-Identifier: GPL-2.0-only */
/* t_info.h - what the policy t_info found. */
#ifndef _T_INFO_H
#define _T_INFO_H

#include <linux/types.h>

#include "migrate_ext.h"

#define T_INFO_BEHIND (sizeof(struct mgx_channel_info) / sizeof(__u64))
#define T_INFO_MARK   0x5a5a5a5a5a5a5a5aULL

/**
 * struct t_info - the channels as a policy saw them
 * @nid: set by the test: nearest to this node
 * @batches: batches so far
 * @nr: channels that the iterator found in the last one
 * @id: their ids, in its order
 * @node: their nodes
 * @absent: what mgx_bpf_channel_info() says of one that does not exist
 * @part: its return value for less memory than there are figures
 * @part_bytes: bytes of that, from a structure that is shorter
 * @behind: what is behind it: T_INFO_MARK, as it was
 * @newer: a structure that is longer than the module's
 * @newer_end: its end: what the module does not know is 0
 * @cpu_ns: what mgx_bpf_cpu_copy_ns() says of the batch
 * @cpu_page_ns: and of a page between the same nodes
 * @cpu_nowhere: and between nodes that do not exist
 * @bytes: of the batch
 * @info: channel 1 by mgx_bpf_channel_info()
 */
struct t_info {
	__s32 nid;
	__u32 batches;
	__u32 nr;
	__u32 id[MGX_MAX_CHANNELS];
	__s32 node[MGX_MAX_CHANNELS];
	__s32 absent;
	__s32 part;
	__u64 part_bytes;
	__u64 behind[T_INFO_BEHIND];
	struct mgx_channel_info newer;
	__u64 newer_end;
	__u64 cpu_ns;
	__u64 cpu_page_ns;
	__u64 cpu_nowhere;
	__u64 bytes;
	struct mgx_channel_info info;
};

#endif /* _T_INFO_H */
