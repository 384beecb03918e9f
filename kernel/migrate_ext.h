/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * migrate_ext.h - what the kernel module, BPF policies and user space share.
 *
 * The interface is experimental: names may change between releases. A policy
 * states in &struct mgx_ops.version which one it was written for.
 */
#ifndef _MIGRATE_EXT_H
#define _MIGRATE_EXT_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/build_bug.h>
#elif !defined(__VMLINUX_H__)
#include <linux/types.h>
#endif

#ifdef __bpf__
#define __mgx_core __attribute__((preserve_access_index))
#else
#define __mgx_core
#endif

#define MGX_VERSION_STR "0.1.0"

/* Version of &struct mgx_ops and of the kfuncs. */
#define MGX_OPS_VERSION	  1
#define MGX_OPS_ALL_FLAGS 0ULL /* no flag is defined yet */

#define MGX_NAME_LEN	 32  /* policy names, with the trailing 0 */
#define MGX_MSG_LEN	 128 /* messages, with the trailing 0 */
#define MGX_BATCH_PAIRS	 512 /* NR_MAX_BATCHED_MIGRATION of mm/migrate.c */
#define MGX_MAX_CHANNELS 64  /* ids are below */
#define MGX_MAX_SHARES	 8   /* mgx_bpf_submit() calls per batch */

#define MGX_TIMEOUT_MS	   30000  /* of a batch, if the policy says nothing */
#define MGX_TIMEOUT_MAX_MS 300000 /* and at most */
#define MGX_DUMP_LEN	   (16 << 10) /* bytes of a dump, likewise */
#define MGX_DUMP_MAX	   (256 << 10)
#define MGX_DUMP_LINE	   128 /* bytes of one mgx_bpf_dump() */

/* The calling CPU: the channel that is always there. */
#define MGX_CHANNEL_CALLER 0

/**
 * enum mgx_channel_kind - who copies
 * @MGX_KIND_CALLER: the CPU that called migrate_pages()
 * @MGX_KIND_CPU: helper threads of a node
 * @MGX_KIND_DMAENGINE: an engine, by its dmaengine driver
 * @MGX_KIND_NATIVE: an engine whose driver registered it here
 */
enum mgx_channel_kind {
	MGX_KIND_CALLER,
	MGX_KIND_CPU,
	MGX_KIND_DMAENGINE,
	MGX_KIND_NATIVE,
	MGX_NR_KINDS,
};

#define MGX_KIND_NAMES { "caller", "cpu", "dmaengine", "native" }

/**
 * enum mgx_channel_state - whether a channel takes work
 * @MGX_CHANNEL_UP: it does
 * @MGX_CHANNEL_OFFLINE: an operator took it out
 * @MGX_CHANNEL_FAILED: in quarantine after errors or a missed deadline
 * @MGX_CHANNEL_GONE: its driver is leaving
 */
enum mgx_channel_state {
	MGX_CHANNEL_UP,
	MGX_CHANNEL_OFFLINE,
	MGX_CHANNEL_FAILED,
	MGX_CHANNEL_GONE,
	MGX_NR_STATES,
};

#define MGX_STATE_NAMES { "up", "offline", "failed", "gone" }

/**
 * enum mgx_reason - why memory is migrated
 *
 * The kernel's enum migrate_reason, in its order; repeated here because user
 * space has no other source for it.
 */
enum mgx_reason {
	MGX_REASON_COMPACTION,
	MGX_REASON_MEMORY_FAILURE,
	MGX_REASON_MEMORY_HOTPLUG,
	MGX_REASON_SYSCALL,
	MGX_REASON_MBIND,
	MGX_REASON_NUMA_MISPLACED,
	MGX_REASON_CONTIG_RANGE,
	MGX_REASON_LONGTERM_PIN,
	MGX_REASON_DEMOTION,
	MGX_REASON_DAMON,
	MGX_NR_REASONS,
};

/* clang-format off */
#define MGX_REASON_NAMES {						\
	"compaction", "memory_failure", "memory_hotplug", "syscall",	\
	"mbind", "numa_misplaced", "contig_range", "longterm_pin",	\
	"demotion", "damon",						\
}
/* clang-format on */

/**
 * enum mgx_channel_event - what channel() of a policy is told
 * @MGX_CHANNEL_CAME: it was registered, or an operator put it back
 * @MGX_CHANNEL_WENT: its driver leaves, or an operator took it out
 * @MGX_CHANNEL_BROKE: it was put into quarantine
 * @MGX_CHANNEL_RECOVERED: it is back from there
 */
enum mgx_channel_event {
	MGX_CHANNEL_CAME,
	MGX_CHANNEL_WENT,
	MGX_CHANNEL_BROKE,
	MGX_CHANNEL_RECOVERED,
	MGX_NR_CHANNEL_EVENTS,
};

/**
 * enum mgx_exit_kind - why a policy is no longer in charge
 * @MGX_EXIT_NONE: it still is, or there was none
 * @MGX_EXIT_UNREG: detached by its owner, or because its loader ended
 * @MGX_EXIT_REPLACED: another policy was swapped in
 * @MGX_EXIT_SELF: the policy called mgx_bpf_exit()
 * @MGX_EXIT_KERNEL: first value of the range of the kernel and its operator:
 *	the policy did nothing wrong
 * @MGX_EXIT_OPERATOR: somebody wrote to /sys/kernel/migrate_ext/eject
 * @MGX_EXIT_ERROR: first value of the error range
 * @MGX_EXIT_ERROR_BPF: the policy called mgx_bpf_error()
 * @MGX_EXIT_ERROR_INIT: init() returned an error
 * @MGX_EXIT_ERROR_STALL: a batch took longer than timeout_ms
 * @MGX_EXIT_ERROR_GUARD: batches cost more than guard_percent
 *
 * The module cannot be removed while a policy is attached or its map exists,
 * so there is no kind for that.
 */
/* clang-format off */
enum mgx_exit_kind {
	MGX_EXIT_NONE		= 0,
	MGX_EXIT_UNREG		= 1,
	MGX_EXIT_REPLACED	= 2,
	MGX_EXIT_SELF		= 3,
	MGX_EXIT_KERNEL		= 64,
	MGX_EXIT_OPERATOR	= 65,
	MGX_EXIT_ERROR		= 1024,
	MGX_EXIT_ERROR_BPF	= 1025,
	MGX_EXIT_ERROR_INIT	= 1026,
	MGX_EXIT_ERROR_STALL	= 1027,
	MGX_EXIT_ERROR_GUARD	= 1028,
};
/* clang-format on */

/**
 * struct mgx_req - one call of migrate_pages(), before anything was done
 * @reason: &enum mgx_reason
 * @mode: the kernel's enum migrate_mode (0 async, 1 sync light, 2 sync)
 * @pid: thread that migrates
 * @tgid: its process
 * @first_order: order of the first folio of the list
 * @first_nid: node of the first folio of the list
 */
struct mgx_req {
	__u32 reason;
	__u32 mode;
	__s32 pid;
	__s32 tgid;
	__u32 first_order;
	__s32 first_nid;
} __mgx_core;

/**
 * struct mgx_batch - folios that are unmapped, locked and ready to be copied
 * @id: unique while the module is loaded; counts up on each CPU
 * @bytes: bytes of all folios in the batch
 * @cgroup_id: id of the initiator's cgroup (v2), 0 without cgroups
 * @reason: &enum mgx_reason
 * @mode: the kernel's enum migrate_mode
 * @nr_folios: folios in the batch
 * @nr_held: folios the kernel copies at their own turn, after its own checks
 *	(see hook.c); not part of @nr_folios and @bytes
 * @max_order: largest folio order
 * @src_nid: node of the first source folio
 * @dst_nid: node of the first destination folio
 * @pid: thread that migrates
 * @tgid: its process
 */
struct mgx_batch {
	__u64 id;
	__u64 bytes;
	__u64 cgroup_id;
	__u32 reason;
	__u32 mode;
	__u32 nr_folios;
	__u32 nr_held;
	__u32 max_order;
	__s32 src_nid;
	__s32 dst_nid;
	__s32 pid;
	__s32 tgid;
} __mgx_core;

/**
 * struct mgx_done - result of a share of a batch, or of the whole batch
 * @bytes: bytes copied
 * @ns: time it took, nanoseconds
 * @channel: who copied; MGX_DONE_BATCH for the whole batch
 * @status: 0 or a negative errno (-EHWPOISON: the source has bad memory)
 */
struct mgx_done {
	__u64 bytes;
	__u64 ns;
	__u32 channel;
	__s32 status;
} __mgx_core;

#define MGX_DONE_BATCH 0xffffffffU

/**
 * struct mgx_channel_info - live figures of a channel
 * @bytes: bytes copied since it came
 * @copies: jobs done
 * @errors: of these, with an error
 * @inflight: bytes it was given and has not reported
 * @ewma_ns: moving average of a job's time, nanoseconds
 * @ewma_mbps: moving average of a job's bandwidth, bytes per microsecond
 * @p50_ns: time that half of the latest jobs did not exceed, nanoseconds
 * @p99_ns: time that 99 in 100 of the latest jobs did not exceed
 * @id: its number
 * @kind: &enum mgx_channel_kind
 * @state: &enum mgx_channel_state
 * @nid: NUMA node it is on, -1 for all or none
 * @credits: jobs it takes at once, of all calls
 * @depth: of these, jobs of one call
 */
struct mgx_channel_info {
	__u64 bytes;
	__u64 copies;
	__u64 errors;
	__u64 inflight;
	__u64 ewma_ns;
	__u64 ewma_mbps;
	__u64 p50_ns;
	__u64 p99_ns;
	__u32 id;
	__u32 kind;
	__u32 state;
	__s32 nid;
	__u32 credits;
	__u32 depth;
} __mgx_core;

/**
 * struct bpf_iter_mgx_channel - bpf_for_each(mgx_channel, info, nid)
 * @__opaque: the kernel's
 */
struct bpf_iter_mgx_channel {
	__u64 __opaque[16];
} __attribute__((aligned(8)));

/**
 * struct mgx_init_args - what init() is told
 * @version: MGX_OPS_VERSION of the module
 * @nr_channels: channels that exist now
 * @nr_nodes: NUMA nodes that have memory
 */
struct mgx_init_args {
	__u32 version;
	__u32 nr_channels;
	__u32 nr_nodes;
} __mgx_core;

/**
 * struct mgx_exit_info - why the policy ends
 * @code: from mgx_bpf_exit() or the errno of init(); the milliseconds that a
 *	stalled batch took; the percent that made the guard act; else 0
 * @kind: &enum mgx_exit_kind
 * @msg: from mgx_bpf_exit() or mgx_bpf_error(), or the kernel's, else empty
 * @dump_len: bytes of @dump, without the trailing 0
 * @dump: state dump, made before exit() after an error; else NULL. For
 *	bpf_probe_read_kernel_str().
 */
struct mgx_exit_info {
	__s64 code;
	__u32 kind;
	char msg[MGX_MSG_LEN];
	__u32 dump_len;
	const char *dump;
} __mgx_core;

/**
 * struct mgx_dump_args - what dump() is told
 * @kind: &enum mgx_exit_kind, MGX_EXIT_NONE when somebody just wants to know
 * @room: bytes that the dump can still take
 */
struct mgx_dump_args {
	__u32 kind;
	__u32 room;
} __mgx_core;

/**
 * struct mgx_ops - a migration policy
 *
 * All function members are optional. Programs run on the path of the migration
 * itself, also inside reclaim and compaction; what they ask for is checked,
 * clamped and carried out by the kernel after they return. Whatever a policy
 * does or leaves undone, each folio's content arrives.
 */
struct mgx_ops {
	/**
	 * @init: The policy is about to take charge.
	 *
	 * Context: process, sleepable. No other member runs before it returns.
	 * Return: 0, or a negative errno to refuse; @exit is then called with
	 * %MGX_EXIT_ERROR_INIT.
	 */
	__s32 (*init)(struct mgx_init_args *args);

	/**
	 * @exit: The policy is no longer in charge, for any reason.
	 *
	 * Context: process, sleepable. Called once; no other member runs after.
	 */
	void (*exit)(struct mgx_exit_info *info);

	/**
	 * @admit: migrate_pages() was called.
	 *
	 * May call mgx_bpf_skip() to leave this call to the kernel, or
	 * mgx_bpf_limit() to cut it into smaller calls.
	 *
	 * Context: the migrating task, not sleepable.
	 */
	void (*admit)(struct mgx_req *req);

	/**
	 * @dispatch: A batch is ready to be copied.
	 *
	 * Says with mgx_bpf_submit() who copies how much. Bytes that nobody
	 * was asked for are copied by the kernel, folio by folio.
	 *
	 * Context: the migrating task, not sleepable.
	 */
	void (*dispatch)(struct mgx_batch *batch);

	/**
	 * @complete: Copies ended: per share, and last for the batch.
	 *
	 * Context: the migrating task, not sleepable. Not called for a batch
	 * for which nothing was submitted.
	 */
	void (*complete)(struct mgx_batch *batch, struct mgx_done *done);

	/**
	 * @channel: A channel came, went, broke or recovered.
	 *
	 * @info is how it was then; @event is &enum mgx_channel_event. What
	 * happened before the policy took charge is not told: see the iterator.
	 * When too much happens at once, some is not told, and counted.
	 *
	 * Context: a worker, not sleepable. One at a time, and not together with
	 * @init, @exit and @dump, but any time while the other members run.
	 */
	void (*channel)(struct mgx_channel_info *info, __u32 event);

	/**
	 * @dump: Print the policy's state by mgx_bpf_dump().
	 *
	 * For somebody who reads /sys/kernel/migrate_ext/dump, and before
	 * @exit after an error.
	 *
	 * Context: process or worker, not sleepable; see @channel.
	 */
	void (*dump)(struct mgx_dump_args *args);

	/** @flags: no flag is defined yet; must be 0 */
	__u64 flags;

	/** @version: MGX_OPS_VERSION the policy was written for; mandatory */
	__u32 version;

	/**
	 * @timeout_ms: a batch that is not copied and reported in that time is
	 * left to the CPU, and the policy ends with %MGX_EXIT_ERROR_STALL.
	 * Milliseconds, 0 for MGX_TIMEOUT_MS, MGX_TIMEOUT_MAX_MS at most.
	 */
	__u32 timeout_ms;

	/**
	 * @exit_dump_len: bytes a dump may have, 0 for MGX_DUMP_LEN,
	 * MGX_DUMP_MAX at most
	 */
	__u32 exit_dump_len;

	/**
	 * @guard_percent: end the policy with %MGX_EXIT_ERROR_GUARD when
	 * @guard_run batches in a row each cost more than that many percent of
	 * what the CPU alone takes, 100 or more; 0 for no: the module counts
	 * them by its own parameter.
	 */
	__u32 guard_percent;

	/** @guard_run: see @guard_percent; 0 for the module's parameter */
	__u32 guard_run;

	/** @name: letters, digits, '_', '-' and '.'; mandatory */
	char name[MGX_NAME_LEN];
};

/*
 * Events: X(name, description). One number each, counted per CPU, in
 * /sys/kernel/migrate_ext/events/<name>. New ones are added at the end, so that
 * &struct mgx_event_counts only grows.
 */
/* clang-format off */
#define MGX_EVENTS(X)							\
	X(calls, "migrate_pages() calls that entered the hook")		\
	X(calls_skipped, "calls a policy left to the kernel")		\
	X(calls_limited, "calls cut into smaller ones for a policy")	\
	X(calls_nested, "calls made while allocating a destination")	\
	X(calls_no_context, "calls passed through, no context was free") \
	X(pages_migrated, "base pages that migrate_pages() reported as done") \
	X(batches, "batches shown to a policy")				\
	X(batches_declined, "batches for which a policy submitted nothing") \
	X(pages_batched, "base pages in these batches")			\
	X(pages_copied, "base pages copied as a policy decided")	\
	X(pages_used, "base pages copied so and then used")		\
	X(pages_kernel, "base pages copied by the kernel at their turn") \
	X(held_refs, "folios held back: unexpected references")		\
	X(held_mapping, "folios held back: private migrate_folio(), or a directory's")	\
	X(held_inaccessible, "folios held back: inaccessible mapping")	\
	X(held_device, "folios held back: movable_ops or device memory") \
	X(folios_redone, "folios a channel failed on, copied by the kernel")  \
	X(folios_limbo, "folios given up: an engine may still write to them") \
	X(limbo_released, "pieces in limbo let go: the engine has stopped")   \
	X(limbo_leaked, "channels that left without having stopped")          \
	X(late_jobs, "jobs that ended after they were given up")              \
	X(bad_reports, "completions that cannot be: more than asked, twice")  \
	X(channel_failed, "channels put into quarantine")                     \
	X(channel_recovered, "channels back from quarantine")                 \
	X(jobs_verified, "jobs whose copy was compared with its source")      \
	X(verify_failed, "pieces reported as copied that were not")           \
	X(poison, "folios with a machine check in the source")		\
	X(submit_clamped, "submissions cut to what was left")		\
	X(submit_refused, "submissions refused")			\
	X(kfunc_misuse, "kfuncs called from the wrong member")		\
	X(policy_attached, "policies attached")				\
	X(policy_swapped, "policies replaced while attached")		\
	X(policy_refused, "policies refused")				\
	X(policy_ejected, "policies that ended by themselves or by error") \
	X(chunk_clamped, "submissions whose chunk was too small or too large") \
	X(limit_refused, "limits of no page refused")			\
	X(batches_stalled, "batches that took longer than timeout_ms")	\
	X(batches_worse, "batches that cost more than the guard allows") \
	X(guard_tripped, "runs of such batches")			\
	X(dumps, "state dumps made")					\
	X(dumps_cut, "of these, that did not fit")			\
	X(channel_events, "events of channels told to a policy")	\
	X(channel_events_lost, "events of channels not told: too many at once") \
	X(held_tags, "folios held back: memory tags, which engines don't copy") \
	X(pieces_unreached, "pieces at addresses that their engine cannot reach") \
	X(pieces_refused, "pieces that an engine refused though it was idle") \
	X(held_size, "folios held back: of 4 GiB or more")

enum mgx_event {
#define MGX_EVENT_ENUM(name, desc) MGX_EV_##name,
	MGX_EVENTS(MGX_EVENT_ENUM)
#undef MGX_EVENT_ENUM
	MGX_NR_EVENTS,
};

/**
 * struct mgx_event_counts - the counters by their names, for mgx_bpf_events()
 */
struct mgx_event_counts {
#define MGX_EVENT_COUNT(name, desc) __u64 name;
	MGX_EVENTS(MGX_EVENT_COUNT)
#undef MGX_EVENT_COUNT
} __mgx_core;
/* clang-format on */

#ifndef __bpf__
_Static_assert(sizeof(struct mgx_req) == 24, "mgx_req is ABI");
_Static_assert(sizeof(struct mgx_batch) == 64, "mgx_batch is ABI");
_Static_assert(sizeof(struct mgx_done) == 24, "mgx_done is ABI");
_Static_assert(sizeof(struct mgx_channel_info) == 88,
	       "mgx_channel_info is ABI");
_Static_assert(sizeof(struct mgx_init_args) == 12, "mgx_init_args is ABI");
_Static_assert(sizeof(struct mgx_exit_info) == 152, "mgx_exit_info is ABI");
#endif

#endif /* _MIGRATE_EXT_H */
