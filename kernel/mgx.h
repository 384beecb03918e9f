/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx.h - what the files of the module share among themselves.
 */
#ifndef _MGX_H
#define _MGX_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/hash.h>
#include <linux/kobject.h>
#include <linux/migrate.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "hist.h"
#include "mgx_channel.h"
#include "migrate_ext.h"
#include "pairs.h"

/**
 * enum mgx_phase - which member of a policy runs with this context
 * @MGX_PHASE_IDLE: none; kfuncs refuse
 * @MGX_PHASE_ADMIT: admit(): mgx_bpf_limit(), mgx_bpf_skip()
 * @MGX_PHASE_DISPATCH: dispatch(): mgx_bpf_submit()
 * @MGX_PHASE_COMPLETE: complete()
 * @MGX_PHASE_INIT: init()
 * @MGX_PHASE_EXIT: exit()
 * @MGX_PHASE_CHANNEL: channel()
 * @MGX_PHASE_DUMP: dump(): mgx_bpf_dump()
 */
enum mgx_phase {
	MGX_PHASE_IDLE,
	MGX_PHASE_ADMIT,
	MGX_PHASE_DISPATCH,
	MGX_PHASE_COMPLETE,
	MGX_PHASE_INIT,
	MGX_PHASE_EXIT,
	MGX_PHASE_CHANNEL,
	MGX_PHASE_DUMP,
};

/**
 * struct mgx_share - a submission that was granted
 * @to: who copies; NULL for the calling CPU
 * @chunk: bytes per job at most, a multiple of PAGE_SIZE
 * @left: bytes it may still pull from the remainder
 * @part: what it may take of the rest at once, see piece.h; 0 for no limit
 * @inflight: jobs that are started and not done
 * @stopped: starts no more jobs
 * @start_ns: when its first job was started
 * @done: what it has done
 */
struct mgx_share {
	struct mgx_channel *to;
	u32 chunk;
	u64 left;
	u32 part;
	u32 inflight;
	bool stopped;
	u64 start_ns;
	struct mgx_done done;
};

/**
 * struct mgx_exec - a batch while it is copied
 * @lock: protects all that follows and the states of the pairs
 * @pos: first pair that is not pulled completely
 * @off: bytes of it that are pulled
 * @remain: bytes that nobody has pulled, or fewer if the shares end before;
 *	kept only if several pull and the calling CPU is one of them
 * @inflight: jobs that refer to this context
 * @jobs: those of them that are with a channel, oldest first
 * @returned: those that a driver did not take
 * @own: those that the call copies for it
 * @rest: what the call has copied so
 * @wait: the call, when it sleeps
 * @deadline_ns: a job older than that is given up
 * @until_ns: then channels start no more jobs, see &mgx_ops.timeout_ms
 * @poll_ns: the call polls that long before it sleeps
 * @helped: the calling CPU copies too
 */
struct mgx_exec {
	spinlock_t lock;
	u32 pos;
	u32 inflight;
	u64 off;
	u64 remain;
	struct list_head jobs;
	struct list_head returned;
	struct list_head own;
	struct mgx_done rest;
	wait_queue_head_t wait;
	u64 deadline_ns;
	u64 until_ns;
	u64 poll_ns;
	bool helped;
};

/* The call polls that long for slow channels, then sleeps. */
#define MGX_DEFAULT_POLL_NS 20000

struct mgx_policy;

/**
 * struct mgx_ctx - one call of migrate_pages() that is under way
 * @req: what admit() sees
 * @batch: what dispatch() and complete() see
 * @policy: whose member is running, NULL if none is
 * @phase: &enum mgx_phase
 * @limit: pages per call that admit() asked for, 0 for no limit
 * @skip: admit() left the call to the kernel
 * @shield: nested calls under way that got no context of their own
 * @task: whose call it is
 * @outer: context of the call within which this one was made, or NULL
 * @get: the caller's get_new_folio()
 * @put: the caller's put_new_folio(), may be NULL
 * @private: argument of both
 * @nr_shares: granted submissions
 * @shares: granted submissions
 * @exec: the batch while it is copied
 * @own: the job of the calling CPU
 * @scratch: a source page, while it is compared
 * @pins: calls of memfd_pin_folios() when the batch was gathered
 * @count: events of this call, added to the CPU's counters at its end
 * @pairs: the folios
 * @busy: claimed by a task; the only member another CPU touches
 */
struct mgx_ctx {
	struct mgx_req req;
	struct mgx_batch batch;
	struct mgx_policy *policy;
	enum mgx_phase phase;
	u32 limit;
	bool skip;
	u32 shield;
	struct task_struct *task;
	struct mgx_ctx *outer;
	new_folio_t *get;
	free_folio_t *put;
	unsigned long private;
	u32 nr_shares;
	struct mgx_share shares[MGX_MAX_SHARES];
	struct mgx_exec exec;
	struct mgx_job own;
	u8 scratch[PAGE_SIZE];
	int pins;
	u32 count[MGX_NR_EVENTS];
	struct mgx_pairs pairs;
	atomic_t busy ____cacheline_aligned_in_smp;
};

/* reserve.c: contexts, and which task uses which */
int mgx_reserve_init(void);
void mgx_reserve_exit(void);
int mgx_reserve_alloc(void);
void mgx_reserve_free(void);
unsigned int mgx_reserve_size(void);
struct mgx_ctx *mgx_ctx_get(void);
void mgx_ctx_put(struct mgx_ctx *ctx);
struct mgx_ctx *mgx_ctx_probe(void);

/**
 * struct mgx_slot - the contexts of one task
 * @task: owner, NULL for a free slot
 * @top: its innermost context (rule 6)
 */
struct mgx_slot {
	struct task_struct *task;
	struct mgx_ctx *top;
};

extern struct mgx_slot *mgx_slots;
extern unsigned int mgx_slot_bits;

/**
 * mgx_ctx_current() - the innermost context of the running task
 *
 * Context: task.
 * Return: the context, or NULL.
 */
static __always_inline struct mgx_ctx *mgx_ctx_current(void)
{
	struct mgx_slot *slot = mgx_slots + hash_ptr(current, mgx_slot_bits);

	if (likely(READ_ONCE(slot->task) == current))
		return slot->top;
	return mgx_ctx_probe();
}

/* hook.c: the only file that knows how the kernel migrates */
int mgx_hook_init(void);
void mgx_hook_exit(void);
int mgx_hook_get(void);
void mgx_hook_put(void);
bool mgx_hook_armed(void);
unsigned int mgx_hook_nr(void);

/* batch.c: from a ready batch to its copies */
void mgx_batch_run(struct mgx_ctx *ctx);

/* exec.c: channels pull */
void mgx_exec_init(struct mgx_ctx *ctx);
void mgx_exec_run(struct mgx_ctx *ctx);
int mgx_job_copy(struct mgx_job *job);

/* cost.c: what the calling CPU takes */
#define MGX_COST_EVERY 16

DECLARE_PER_CPU(u32, mgx_cost_turns);
int mgx_cost_init(void);
void mgx_cost_exit(void);
void mgx_cost_try(void);
void mgx_cost_learn(s32 src, s32 dst, u64 bytes, u64 ns, bool alone);
u64 mgx_cost_ns(u64 bytes, s32 src, s32 dst);

/* Whether the copy at this folio's turn is to be a sample. */
static __always_inline bool mgx_cost_turn(void)
{
	return this_cpu_inc_return(mgx_cost_turns) % MGX_COST_EVERY == 1;
}

/* channel.c: who copies */
/**
 * struct mgx_channel_stats - what a channel has done
 * @copies: jobs done
 * @bytes: bytes copied
 * @errors: jobs that ended with an error, or not in time
 * @ns: sum of the jobs' times, nanoseconds
 * @cpu_ns: processor time of its threads, nanoseconds
 */
struct mgx_channel_stats {
	u64 copies;
	u64 bytes;
	u64 errors;
	u64 ns;
	u64 cpu_ns;
};

#define MGX_USERS 16 /* processes that are remembered per channel */

/**
 * struct mgx_user - a process for which a channel's threads worked
 * @tgid: the process
 * @cpu_ns: processor time
 * @bytes: bytes
 */
struct mgx_user {
	s32 tgid;
	u64 cpu_ns;
	u64 bytes;
};

/**
 * enum mgx_verify - whether copies are compared before they count
 * @MGX_VERIFY_OFF: no
 * @MGX_VERIFY_SAMPLED: one job in some
 * @MGX_VERIFY_FULL: all
 */
enum mgx_verify {
	MGX_VERIFY_OFF,
	MGX_VERIFY_SAMPLED,
	MGX_VERIFY_FULL,
};

#define MGX_VERIFY_NAMES { "off", "sampled", "full" }

/**
 * struct mgx_channel - somebody who copies
 * @kobj: its directory in sysfs
 * @id: its number
 * @name: for people
 * @desc: what its driver said
 * @jobs: all its jobs
 * @switching: the operator's wishes and quiescing, one at a time
 * @released: the engine was given back; under @switching
 * @verify: &enum mgx_verify
 * @lock: protects all that follows
 * @state: &enum mgx_channel_state
 * @depth: jobs of one call at once
 * @servers: of these, those it works on; no more while the calling CPU helps
 * @strikes: errors since the last success
 * @refusals: jobs not taken since the last success
 * @backoff_ms: time in quarantine
 * @up_at: end of the last quarantine, in jiffies
 * @free: jobs that can be started
 * @orphans: jobs that were given up and may still be written
 * @inflight: bytes of all jobs that are not free
 * @refused: jobs that the driver did not take
 * @stats: what it has done
 * @ewma_ns: moving average of a job's time
 * @ewma_mbps: moving average of a job's bandwidth, bytes per microsecond
 * @p50_ns: median of the latest jobs' times
 * @p99_ns: what 99 in 100 of them did not exceed
 * @hist: times of all jobs that were well, see hist.h
 * @recent: those of the latest
 * @nr_recent: their sum
 * @user: for whom its threads worked
 * @probe: ends the quarantine
 * @starting: jobs between being linked and the return of start(), and late ones
 *	whose folios are let go of
 */
struct mgx_channel {
	struct kobject kobj;
	u32 id;
	char name[MGX_NAME_LEN];
	struct mgx_channel_desc desc;
	struct mgx_job *jobs;
	struct mutex switching;
	bool released;
	enum mgx_verify verify;

	spinlock_t lock;
	enum mgx_channel_state state;
	u32 depth;
	u32 servers;
	u32 strikes;
	u32 refusals;
	u32 backoff_ms;
	unsigned long up_at;
	struct list_head free;
	struct list_head orphans;
	u64 inflight;
	u64 refused;
	struct mgx_channel_stats stats;
	u64 ewma_ns;
	u64 ewma_mbps;
	u64 p50_ns;
	u64 p99_ns;
	u64 hist[MGX_HIST_BUCKETS];
	u32 recent[MGX_HIST_BUCKETS];
	u32 nr_recent;
	struct mgx_user user[MGX_USERS];
	struct delayed_work probe;
	atomic_t starting;
	unsigned long told;
};

/**
 * enum mgx_told - what is said once for each channel; bits of &mgx_channel.told
 * @MGX_TOLD_REACH: it cannot reach all memory
 * @MGX_TOLD_SIZE: its driver refuses pieces that it should take
 * @MGX_TOLD_VERIFY: it said that it had copied what it had not
 */
enum mgx_told {
	MGX_TOLD_REACH,
	MGX_TOLD_SIZE,
	MGX_TOLD_VERIFY,
};

/* Whether it is said now. */
static inline bool mgx_channel_tells(struct mgx_channel *channel,
				     enum mgx_told what)
{
	return !test_and_set_bit(what, &channel->told);
}

int mgx_channel_init(struct kobject *parent);
void mgx_channel_exit(void);
u32 mgx_channel_count(void);
struct mgx_channel *mgx_channel_get(u32 id);
bool mgx_channel_up(const struct mgx_channel *channel);
bool mgx_channel_verifies(struct mgx_channel *channel);
int mgx_channel_info(u32 id, struct mgx_channel_info *info);
bool mgx_channel_next(u64 *seen, int nid, struct mgx_channel_info *info);
int mgx_channel_switch(struct mgx_channel *channel, bool up);
void mgx_channel_sum(struct mgx_channel *channel,
		     struct mgx_channel_stats *sum);
void mgx_channel_account(const struct mgx_job *job, u64 bytes, u64 ns,
			 int status);
void mgx_channel_account_caller(const struct mgx_done *done);
void mgx_channel_fail(struct mgx_channel *channel, bool now);
void mgx_channel_set_depth(struct mgx_channel *channel, u32 depth);

/* channel_sysfs.c */
extern const struct attribute_group *mgx_channel_groups[];
extern const struct sysfs_ops mgx_channel_sysfs_ops;

/* cpu.c: helper threads */
int mgx_cpu_init(void);
void mgx_cpus_common(struct cpumask *mask);
void mgx_cpu_exit(void);

/* dma.c: engines by dmaengine */
int mgx_dma_init(void);
void mgx_dma_exit(void);

/* policy.c: who decides */
/**
 * struct mgx_dump - text that is being written
 * @buf: where, ends with a 0 byte
 * @size: bytes of @buf
 * @len: bytes written
 * @cut: there was more
 */
struct mgx_dump {
	char *buf;
	u32 size;
	u32 len;
	bool cut;
};

/**
 * struct mgx_policy - an attached &struct mgx_ops
 * @ops: its members
 * @timeout_ns: a batch may take that long
 * @worse: batches in a row that cost more than the guard allows
 * @told: the log was told so
 * @info: why it ended
 * @dump: its state then; memory for it is there from the beginning
 * @ended: &enum mgx_exit_kind; the first who sets it wins (rule 9)
 * @ready: init() has returned
 * @work: calls exit() and lets go of the hooks
 * @gone: it has done so
 */
struct mgx_policy {
	const struct mgx_ops *ops;
	u64 timeout_ns;
	atomic_t worse;
	bool told;
	struct mgx_exit_info info;
	struct mgx_dump dump;
	atomic_t ended;
	struct completion ready;
	struct work_struct work;
	struct completion gone;
};

/**
 * struct mgx_policy_report - state of the policy slot, for sysfs
 * @name: attached policy, or empty
 * @exit_name: policy that ended last, or empty
 * @exit: why it did
 * @reject: why the last attach was refused, or empty
 * @enable_seq: policies attached since the module was loaded
 * @nr_rejected: attaches refused
 * @guard_percent: what a batch may cost, see &mgx_ops.guard_percent
 * @guard_run: likewise
 * @guard_ejects: the policy asked for it
 * @worse: batches in a row that cost more
 * @timeout_ms: a batch may take that long
 * @attached: a policy holds the slot
 * @active: and is in charge
 */
struct mgx_policy_report {
	char name[MGX_NAME_LEN];
	char exit_name[MGX_NAME_LEN];
	struct mgx_exit_info exit;
	char reject[MGX_MSG_LEN];
	u64 enable_seq;
	u64 nr_rejected;
	u32 guard_percent;
	u32 guard_run;
	bool guard_ejects;
	u32 worse;
	u64 timeout_ms;
	bool attached;
	bool active;
};

extern struct srcu_struct mgx_srcu;

int mgx_policy_init(void);
void mgx_policy_exit(void);
void mgx_policy_report(struct mgx_policy_report *report);
struct mgx_policy *mgx_policy_get(void);
void mgx_policy_admit(struct mgx_policy *policy, struct mgx_ctx *ctx);
void mgx_policy_dispatch(struct mgx_policy *policy, struct mgx_ctx *ctx);
void mgx_policy_complete(struct mgx_policy *policy, struct mgx_ctx *ctx,
			 struct mgx_done *done);
void mgx_policy_end(struct mgx_policy *policy, enum mgx_exit_kind kind,
		    s64 code, const char *msg, u32 len);
struct mgx_policy *mgx_policy_caller(enum mgx_phase *phase);
void mgx_policy_channel(struct mgx_policy *policy,
			struct mgx_channel_info *info, u32 event);
void mgx_policy_dump(struct mgx_policy *policy, struct mgx_dump *dump);
struct mgx_dump *mgx_policy_dumping(void);
void mgx_policy_eject(void);
bool mgx_policy_listens(void);
void mgx_policy_queue(struct work_struct *work);
const char *mgx_exit_kind_name(u32 kind);

/* dump.c: what is going on, as text */
int mgx_dump_alloc(struct mgx_dump *dump, u32 size);
void mgx_dump_free(struct mgx_dump *dump);
void mgx_text_copy(char *to, u32 size, const char *from, u32 len);
void mgx_dump_line(struct mgx_dump *dump, const char *line, u32 len);
void mgx_dump_state(struct mgx_dump *dump, struct mgx_policy *policy);
void mgx_dump_keep(struct mgx_dump *dump);
ssize_t mgx_dump_read_live(char *buf, loff_t off, size_t len);
ssize_t mgx_dump_read_kept(char *buf, loff_t off, size_t len);
void mgx_dump_exit(void);

/* guard.c: what a policy's batches cost */
void mgx_guard_batch(struct mgx_ctx *ctx, struct mgx_policy *policy, u64 ns,
		     u64 copied);
u32 mgx_guard_percent(const struct mgx_policy *policy);
u32 mgx_guard_run(const struct mgx_policy *policy);

/* notice.c: tells policies of channels */
void mgx_notice(const struct mgx_channel_info *info, u32 event);

/* kfunc.c: what policies can call */
int mgx_kfunc_init(void);

/* sysfs.c */
int mgx_stat_add(char *buf, int len, const char *dir, const char *name,
		 const char *value);
int mgx_sysfs_init(void);
void mgx_sysfs_exit(void);

/* event.c */
DECLARE_PER_CPU(u64[MGX_NR_EVENTS], mgx_events);
u64 mgx_event_sum(enum mgx_event event);
u64 mgx_reason_sum(u32 reason);
void mgx_reason_add(u32 reason, u64 pages);

const char *mgx_event_name(enum mgx_event event);

#define mgx_event_add(name, n) this_cpu_add(mgx_events[MGX_EV_##name], n)
#define mgx_event(name)	       mgx_event_add(name, 1)
/* Of a call: counted where no other CPU looks. */
#define mgx_count_add(ctx, name, n) ((ctx)->count[MGX_EV_##name] += (n))
#define mgx_count(ctx, name)	    mgx_count_add(ctx, name, 1)
void mgx_count_flush(struct mgx_ctx *ctx);

#endif /* _MGX_H */
