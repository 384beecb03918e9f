// SPDX-License-Identifier: GPL-2.0-only
/*
 * policy.c - struct mgx_ops: attach, swap, detach, and the end of a policy.
 *
 * One policy holds the slot at a time. The data path reads mgx_policy_active
 * under SRCU, once per member it calls. A policy ends by one
 * compare-and-exchange, from wherever: from then on the data path does not
 * see it, and a worker waits for those who still do, calls exit() and lets go
 * of the hooks (rule 9).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/slab.h>

#include "mgx.h"
#include "trace.h"

DEFINE_SRCU(mgx_srcu);

static struct workqueue_struct *mgx_wq;

static DEFINE_MUTEX(mgx_policy_mutex);	   /* attach, swap, detach */
static struct mgx_policy *mgx_policy_slot; /* under the mutex */
static struct mgx_policy __rcu *mgx_policy_active;

static DEFINE_SPINLOCK(mgx_report_lock);
static struct mgx_policy_report mgx_report; /* under the spinlock */

/*
 * init(), exit(), channel() and dump() run one at a time, whosesoever: which it
 * is, and by which task. Taken inside the other locks, and nobody who holds it
 * waits for a grace period. Others read @task only to see that it is not they.
 */
static DEFINE_MUTEX(mgx_aside_mutex);
static struct {
	struct task_struct *task;
	struct mgx_policy *policy;
	enum mgx_phase phase;
	struct mgx_dump *dump;
} mgx_aside;

/**
 * mgx_exit_kind_name() - the name of an exit kind
 * @kind: &enum mgx_exit_kind
 */
const char *mgx_exit_kind_name(u32 kind)
{
	/* clang-format off */
	switch (kind) {
	case MGX_EXIT_NONE:		return "none";
	case MGX_EXIT_UNREG:		return "unreg";
	case MGX_EXIT_REPLACED:		return "replaced";
	case MGX_EXIT_SELF:		return "self";
	case MGX_EXIT_OPERATOR:		return "operator";
	case MGX_EXIT_ERROR_BPF:	return "error_bpf";
	case MGX_EXIT_ERROR_INIT:	return "error_init";
	case MGX_EXIT_ERROR_STALL:	return "error_stall";
	case MGX_EXIT_ERROR_GUARD:	return "error_guard";
	default:			return "error";
	}
	/* clang-format on */
}

/**
 * mgx_policy_report() - the state of the policy slot
 * @report: filled
 */
void mgx_policy_report(struct mgx_policy_report *report)
{
	int srcu = srcu_read_lock(&mgx_srcu);
	struct mgx_policy *policy = mgx_policy_get();

	spin_lock(&mgx_report_lock);
	*report = mgx_report;
	spin_unlock(&mgx_report_lock);
	report->active = policy;
	if (policy) {
		report->guard_percent = mgx_guard_percent(policy);
		report->guard_run = mgx_guard_run(policy);
		report->guard_ejects = policy->ops->guard_percent;
		report->worse = atomic_read(&policy->worse);
		report->timeout_ms = div_u64(policy->timeout_ns, NSEC_PER_MSEC);
	}
	srcu_read_unlock(&mgx_srcu, srcu);
}

/**
 * mgx_policy_get() - the policy in charge
 *
 * Context: within srcu_read_lock(&mgx_srcu); valid until its unlock.
 * Return: the policy or NULL.
 */
struct mgx_policy *mgx_policy_get(void)
{
	return srcu_dereference(mgx_policy_active, &mgx_srcu);
}

/**
 * mgx_policy_caller() - the policy one of whose members is running
 * @phase: set to which member; may be NULL
 *
 * Context: a kfunc, so the running task may be within a member of a policy.
 * Return: the policy, or NULL if another kind of program called.
 */
struct mgx_policy *mgx_policy_caller(enum mgx_phase *phase)
{
	enum mgx_phase unused, *to = phase ?: &unused;
	struct mgx_ctx *ctx;

	/* struct_ops of other kinds, which may run anywhere, can call us. */
	if (!in_task())
		return NULL;
	/* init() of a new policy may migrate, and then the old one decides. */
	ctx = mgx_ctx_current();
	if (ctx && ctx->policy) {
		*to = ctx->phase;
		return ctx->policy;
	}
	if (READ_ONCE(mgx_aside.task) != current)
		return NULL;
	*to = mgx_aside.phase;
	return mgx_aside.policy;
}

/**
 * mgx_policy_dumping() - the dump that the running dump() writes
 *
 * Context: a kfunc.
 * Return: the dump, or NULL if another member or program runs.
 */
struct mgx_dump *mgx_policy_dumping(void)
{
	enum mgx_phase phase;

	if (!mgx_policy_caller(&phase) || phase != MGX_PHASE_DUMP)
		return NULL;
	return mgx_aside.dump;
}

static void mgx_aside_enter(struct mgx_policy *policy, enum mgx_phase phase)
{
	mutex_lock(&mgx_aside_mutex);
	mgx_aside.policy = policy;
	mgx_aside.phase = phase;
	WRITE_ONCE(mgx_aside.task, current);
}

static void mgx_aside_leave(void)
{
	WRITE_ONCE(mgx_aside.task, NULL);
	mutex_unlock(&mgx_aside_mutex);
}

/**
 * mgx_policy_channel() - tell a policy of a channel
 * @policy: has the member; kept by the caller
 * @info: the channel then
 * @event: &enum mgx_channel_event
 *
 * Context: process, may sleep.
 */
void mgx_policy_channel(struct mgx_policy *policy,
			struct mgx_channel_info *info, u32 event)
{
	mgx_aside_enter(policy, MGX_PHASE_CHANNEL);
	policy->ops->channel(info, event);
	mgx_aside_leave();
}

/**
 * mgx_policy_dump() - let a policy print its state
 * @policy: kept by the caller
 * @dump: where to
 *
 * Context: process, may sleep.
 */
void mgx_policy_dump(struct mgx_policy *policy, struct mgx_dump *dump)
{
	struct mgx_dump_args args = {
		.kind = atomic_read(&policy->ended),
		.room = dump->size - dump->len - 1,
	};

	if (!policy->ops->dump)
		return;
	mgx_aside_enter(policy, MGX_PHASE_DUMP);
	mgx_aside.dump = dump;
	policy->ops->dump(&args);
	mgx_aside_leave();
}

/**
 * mgx_policy_listens() - whether there is a policy that wants to be told
 *
 * Context: any.
 */
bool mgx_policy_listens(void)
{
	return rcu_access_pointer(mgx_policy_active);
}

/**
 * mgx_policy_queue() - have some work done aside
 * @work: what; it may take @mgx_srcu, and is not waited for
 *
 * Context: any. Policies can be attached, or could be until now.
 */
void mgx_policy_queue(struct work_struct *work)
{
	queue_work(mgx_wq, work);
}

static void mgx_policy_enter(struct mgx_policy *policy, struct mgx_ctx *ctx,
			     enum mgx_phase phase)
{
	ctx->policy = policy;
	ctx->phase = phase;
}

static void mgx_policy_leave(struct mgx_ctx *ctx)
{
	ctx->phase = MGX_PHASE_IDLE;
	ctx->policy = NULL;
}

/**
 * mgx_policy_admit() - show a call to the policy
 * @policy: the policy in charge, or NULL
 * @ctx: the call
 */
void mgx_policy_admit(struct mgx_policy *policy, struct mgx_ctx *ctx)
{
	if (!policy || !policy->ops->admit)
		return;
	mgx_policy_enter(policy, ctx, MGX_PHASE_ADMIT);
	policy->ops->admit(&ctx->req);
	mgx_policy_leave(ctx);
	trace_mgx_call(&ctx->req, ctx->limit, ctx->skip);
}

/**
 * mgx_policy_dispatch() - let the policy decide on a batch
 * @policy: the policy in charge; has the member
 * @ctx: the call; its shares are set
 */
void mgx_policy_dispatch(struct mgx_policy *policy, struct mgx_ctx *ctx)
{
	ctx->nr_shares = 0;
	ctx->exec.poll_ns = MGX_DEFAULT_POLL_NS;
	mgx_policy_enter(policy, ctx, MGX_PHASE_DISPATCH);
	policy->ops->dispatch(&ctx->batch);
	mgx_policy_leave(ctx);
}

/**
 * mgx_policy_complete() - tell the policy what became of a share or batch
 * @policy: the policy that decided
 * @ctx: the call
 * @done: the result
 */
void mgx_policy_complete(struct mgx_policy *policy, struct mgx_ctx *ctx,
			 struct mgx_done *done)
{
	if (!policy->ops->complete)
		return;
	mgx_policy_enter(policy, ctx, MGX_PHASE_COMPLETE);
	policy->ops->complete(&ctx->batch, done);
	mgx_policy_leave(ctx);
}

static void mgx_report_reject(const char *what)
{
	spin_lock(&mgx_report_lock);
	mgx_report.nr_rejected++;
	strscpy(mgx_report.reject, what);
	spin_unlock(&mgx_report_lock);
	mgx_event(policy_refused);
	pr_warn("policy refused: %s\n", what);
}

static void mgx_report_attach(const struct mgx_policy *policy)
{
	spin_lock(&mgx_report_lock);
	mgx_report.enable_seq++;
	mgx_report.attached = true;
	mgx_report.reject[0] = '\0';
	strscpy(mgx_report.name, policy->ops->name);
	spin_unlock(&mgx_report_lock);
	trace_mgx_policy(policy->ops->name, MGX_EXIT_NONE);
}

static void mgx_report_end(struct mgx_policy *policy)
{
	spin_lock(&mgx_report_lock);
	strscpy(mgx_report.exit_name, policy->ops->name);
	mgx_report.exit = policy->info;
	mgx_report.exit.dump = NULL;
	spin_unlock(&mgx_report_lock);
	mgx_dump_keep(&policy->dump);
	trace_mgx_policy(policy->ops->name, policy->info.kind);
}

static void mgx_report_detach(void)
{
	spin_lock(&mgx_report_lock);
	mgx_report.attached = false;
	mgx_report.name[0] = '\0';
	spin_unlock(&mgx_report_lock);
}

static void mgx_policy_log_end(const struct mgx_policy *policy)
{
	const struct mgx_exit_info *info = &policy->info;

	if (info->kind > MGX_EXIT_REPLACED)
		pr_info("policy %s ended: %s, code %lld%s%s\n",
			policy->ops->name, mgx_exit_kind_name(info->kind),
			info->code, info->msg[0] ? ": " : "", info->msg);
}

/* A policy that did not begin has no state. */
static void mgx_policy_exit_dump(struct mgx_policy *policy)
{
	if (policy->info.kind < MGX_EXIT_ERROR ||
	    policy->info.kind == MGX_EXIT_ERROR_INIT)
		return;
	mgx_dump_state(&policy->dump, policy);
	policy->info.dump_len = policy->dump.len;
	policy->info.dump = policy->dump.buf;
}

/* The rest of a policy's end, outside the data path. */
static void mgx_policy_end_work(struct work_struct *work)
{
	struct mgx_policy *policy = container_of(work, typeof(*policy), work);

	wait_for_completion(&policy->ready);
	synchronize_srcu(&mgx_srcu);
	mgx_policy_exit_dump(policy);
	if (policy->ops->exit) {
		mgx_aside_enter(policy, MGX_PHASE_EXIT);
		policy->ops->exit(&policy->info);
		mgx_aside_leave();
	}
	mgx_report_end(policy);
	mgx_policy_log_end(policy);
	mgx_hook_put();
	complete(&policy->gone);
}

/**
 * mgx_policy_end() - take the charge from a policy
 * @policy: whose
 * @kind: why
 * @code: goes into &struct mgx_exit_info
 * @msg: likewise, at most @len bytes of it; may be NULL
 * @len: bytes of @msg
 *
 * Only the first caller has an effect. The data path goes on without it.
 *
 * Context: any but NMI. The rest is done by a worker.
 */
void mgx_policy_end(struct mgx_policy *policy, enum mgx_exit_kind kind,
		    s64 code, const char *msg, u32 len)
{
	if (atomic_cmpxchg(&policy->ended, MGX_EXIT_NONE, kind))
		return;
	policy->info.kind = kind;
	policy->info.code = code;
	if (msg)
		mgx_text_copy(policy->info.msg, sizeof(policy->info.msg), msg,
			      len);
	cmpxchg((struct mgx_policy __force **)&mgx_policy_active, policy, NULL);
	if (kind > MGX_EXIT_REPLACED)
		mgx_event(policy_ejected);
	queue_work(mgx_wq, &policy->work);
}

static struct mgx_policy *mgx_policy_alloc(const struct mgx_ops *ops)
{
	struct mgx_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL);

	if (!policy)
		return NULL;
	if (mgx_dump_alloc(&policy->dump, ops->exit_dump_len ?: MGX_DUMP_LEN)) {
		kfree(policy);
		return NULL;
	}
	policy->ops = ops;
	policy->timeout_ns =
		(u64)(ops->timeout_ms ?: MGX_TIMEOUT_MS) * NSEC_PER_MSEC;
	return policy;
}

static void mgx_policy_free(struct mgx_policy *policy)
{
	mgx_dump_free(&policy->dump);
	kfree(policy);
}

/*
 * Only after the worker is done the map, and so the code, may go away. Who
 * ended the policy may not have queued the work yet, so wait for its result
 * first.
 */
static void mgx_policy_release(struct mgx_policy *policy,
			       enum mgx_exit_kind kind)
{
	mgx_policy_end(policy, kind, 0, NULL, 0);
	wait_for_completion(&policy->gone);
	flush_work(&policy->work);
	mgx_policy_free(policy);
}

static int mgx_policy_call_init(struct mgx_policy *policy)
{
	struct mgx_init_args args = {
		.version = MGX_OPS_VERSION,
		.nr_channels = mgx_channel_count(),
		.nr_nodes = num_node_state(N_MEMORY),
	};
	int rc;

	if (!policy->ops->init)
		return 0;
	mgx_aside_enter(policy, MGX_PHASE_INIT);
	rc = policy->ops->init(&args);
	mgx_aside_leave();
	/* A verified program may return anything. */
	return rc > 0 || rc < -MAX_ERRNO ? -EINVAL : rc;
}

static int mgx_policy_check_name(const struct mgx_ops *ops)
{
	const char *c;

	for (c = ops->name; *c; c++)
		if (!isalnum(*c) && !strchr("_-.", *c))
			break;
	if (*c || c == ops->name) {
		mgx_report_reject(
			"mgx_ops.name is empty or has other characters than letters, digits, '_', '-' and '.'");
		return -EINVAL;
	}
	return 0;
}

static int mgx_policy_check(const struct mgx_ops *ops)
{
	if (ops->version != MGX_OPS_VERSION) {
		mgx_report_reject(
			"mgx_ops.version is not that of this module: rebuild the policy");
		return -EPROTO;
	}
	if (ops->flags & ~MGX_OPS_ALL_FLAGS) {
		mgx_report_reject(
			"mgx_ops.flags has a bit that this module does not know");
		return -EINVAL;
	}
	if (ops->timeout_ms > MGX_TIMEOUT_MAX_MS) {
		mgx_report_reject(
			"mgx_ops.timeout_ms is more than MGX_TIMEOUT_MAX_MS");
		return -EINVAL;
	}
	if (ops->exit_dump_len > MGX_DUMP_MAX) {
		mgx_report_reject(
			"mgx_ops.exit_dump_len is more than MGX_DUMP_MAX");
		return -EINVAL;
	}
	if (ops->guard_percent && ops->guard_percent < 100) {
		mgx_report_reject(
			"mgx_ops.guard_percent is less than 100: no policy can promise that");
		return -EINVAL;
	}
	return mgx_policy_check_name(ops);
}

/* A policy that is ready to take charge, or an ERR_PTR() and nothing left. */
static struct mgx_policy *mgx_policy_create(const struct mgx_ops *ops)
{
	struct mgx_policy *policy;
	int rc = mgx_policy_check(ops);

	if (rc)
		return ERR_PTR(rc);
	policy = mgx_policy_alloc(ops);
	if (!policy)
		return ERR_PTR(-ENOMEM);
	INIT_WORK(&policy->work, mgx_policy_end_work);
	init_completion(&policy->ready);
	init_completion(&policy->gone);
	rc = mgx_hook_get();
	if (rc) {
		mgx_report_reject(
			rc == -ENOMEM ?
				"out of memory" :
				"the hooks could not be armed: see the kernel log");
		mgx_policy_free(policy);
		return ERR_PTR(rc == -ENOMEM || rc == -EAGAIN ? rc : -ENODEV);
	}
	mgx_cost_try();
	rc = mgx_policy_call_init(policy);
	complete_all(&policy->ready);
	if (rc) {
		mgx_report_reject("init() of the policy returned an error");
		mgx_policy_end(policy, MGX_EXIT_ERROR_INIT, rc, NULL, 0);
	} else {
		rc = atomic_read(&policy->ended) ? -ECANCELED : 0;
	}
	if (rc) {
		mgx_policy_release(policy, MGX_EXIT_ERROR_INIT);
		return ERR_PTR(rc);
	}
	return policy;
}

/**
 * mgx_policy_eject() - end the policy in charge, if there is one
 *
 * Its link stays, and with it its place, until who holds it lets go.
 *
 * Context: process.
 */
void mgx_policy_eject(void)
{
	static const char msg[] = "ejected by an operator";
	struct mgx_policy *policy;

	guard(srcu)
		(&mgx_srcu);
	policy = mgx_policy_get(); /* once: it may end meanwhile */
	if (policy)
		mgx_policy_end(policy, MGX_EXIT_OPERATOR, 0, msg, sizeof(msg));
}

static void mgx_policy_publish(struct mgx_policy *policy)
{
	mgx_policy_slot = policy;
	mgx_report_attach(policy);
	rcu_assign_pointer(mgx_policy_active, policy);
}

static int mgx_ops_reg(void *kdata, struct bpf_link *link)
{
	struct mgx_policy *policy;

	guard(mutex)
		(&mgx_policy_mutex);
	if (mgx_policy_slot) {
		mgx_report_reject(
			"another policy is attached: detach it first, or replace it");
		return -EBUSY;
	}
	policy = mgx_policy_create(kdata);
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	mgx_policy_publish(policy);
	mgx_event(policy_attached);
	pr_info("policy %s attached\n", policy->ops->name);
	return 0;
}

static void mgx_ops_unreg(void *kdata, struct bpf_link *link)
{
	struct mgx_policy *policy;

	guard(mutex)
		(&mgx_policy_mutex);
	policy = mgx_policy_slot;
	if (WARN_ON_ONCE(!policy || policy->ops != kdata))
		return;
	pr_info("policy %s detached\n", policy->ops->name);
	mgx_policy_slot = NULL;
	mgx_report_detach();
	mgx_policy_release(policy, MGX_EXIT_UNREG);
}

/* Swap without a gap: the data path sees the old policy or the new one. */
static int mgx_ops_update(void *kdata, void *old_kdata, struct bpf_link *link)
{
	struct mgx_policy *policy, *old;

	guard(mutex)
		(&mgx_policy_mutex);
	old = mgx_policy_slot;
	if (!old || old->ops != old_kdata)
		return -EINVAL;
	policy = mgx_policy_create(kdata);
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	mgx_policy_publish(policy);
	mgx_event(policy_swapped);
	pr_info("policy %s replaced by %s\n", old->ops->name,
		policy->ops->name);
	mgx_policy_release(old, MGX_EXIT_REPLACED);
	return 0;
}

static bool mgx_btf_registered;

/* Called only when the module's BTF was found: mgx_policy_init() checks. */
static int mgx_ops_init(struct btf *btf)
{
	mgx_btf_registered = true;
	return 0;
}

static int mgx_ops_check_member(const struct btf_type *t,
				const struct btf_member *member,
				const struct bpf_prog *prog)
{
	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mgx_ops, init):
	case offsetof(struct mgx_ops, exit):
		return 0;
	default:
		return prog->sleepable ? -EINVAL : 0;
	}
}

static int mgx_ops_init_member(const struct btf_type *t,
			       const struct btf_member *member, void *kdata,
			       const void *udata)
{
	const struct mgx_ops *from = udata;
	struct mgx_ops *to = kdata;

	switch (__btf_member_bit_offset(t, member) / 8) {
	case offsetof(struct mgx_ops, flags):
		to->flags = from->flags;
		return 1;
	case offsetof(struct mgx_ops, version):
		to->version = from->version;
		return 1;
	case offsetof(struct mgx_ops, timeout_ms):
		to->timeout_ms = from->timeout_ms;
		return 1;
	case offsetof(struct mgx_ops, exit_dump_len):
		to->exit_dump_len = from->exit_dump_len;
		return 1;
	case offsetof(struct mgx_ops, guard_percent):
		to->guard_percent = from->guard_percent;
		return 1;
	case offsetof(struct mgx_ops, guard_run):
		to->guard_run = from->guard_run;
		return 1;
	case offsetof(struct mgx_ops, name):
		if (strscpy(to->name, from->name) < 0)
			return -EINVAL;
		return 1;
	}
	return 0;
}

static bool mgx_ops_is_valid_access(int off, int size,
				    enum bpf_access_type type,
				    const struct bpf_prog *prog,
				    struct bpf_insn_access_aux *info)
{
	return bpf_tracing_btf_ctx_access(off, size, type, prog, info);
}

static const struct bpf_verifier_ops mgx_verifier_ops = {
	.get_func_proto = bpf_base_func_proto,
	.is_valid_access = mgx_ops_is_valid_access,
};

/* Never called; their types are what the verifier checks programs against. */
static s32 mgx_ops__init(struct mgx_init_args *args)
{
	return 0;
}

static void mgx_ops__exit(struct mgx_exit_info *info)
{
}

static void mgx_ops__admit(struct mgx_req *req)
{
}

static void mgx_ops__dispatch(struct mgx_batch *batch)
{
}

static void mgx_ops__complete(struct mgx_batch *batch, struct mgx_done *done)
{
}

static void mgx_ops__channel(struct mgx_channel_info *info, u32 event)
{
}

static void mgx_ops__dump(struct mgx_dump_args *args)
{
}

static struct mgx_ops mgx_ops_stubs = {
	.init = mgx_ops__init,
	.exit = mgx_ops__exit,
	.admit = mgx_ops__admit,
	.dispatch = mgx_ops__dispatch,
	.complete = mgx_ops__complete,
	.channel = mgx_ops__channel,
	.dump = mgx_ops__dump,
};

static struct bpf_struct_ops bpf_mgx_ops = {
	.verifier_ops = &mgx_verifier_ops,
	.init = mgx_ops_init,
	.check_member = mgx_ops_check_member,
	.init_member = mgx_ops_init_member,
	.reg = mgx_ops_reg,
	.unreg = mgx_ops_unreg,
	.update = mgx_ops_update,
	.cfi_stubs = &mgx_ops_stubs,
	.name = "mgx_ops",
	.owner = THIS_MODULE,
};

/**
 * mgx_policy_exit() - undo mgx_policy_init(); no policy is attached
 */
void mgx_policy_exit(void)
{
	destroy_workqueue(mgx_wq);
}

/**
 * mgx_policy_init() - let policies be attached
 *
 * Context: module initialisation, its last step.
 * Return: 0 or a negative errno; the reason is in the log.
 */
int mgx_policy_init(void)
{
	int rc;

	mgx_wq = alloc_workqueue("migrate_ext", WQ_UNBOUND, 0);
	if (!mgx_wq)
		return -ENOMEM;
	rc = register_bpf_struct_ops(&bpf_mgx_ops, mgx_ops);
	if (!rc && !mgx_btf_registered)
		rc = -ENOEXEC; /* it returns 0 for a module without BTF */
	if (rc) {
		mgx_policy_exit();
		pr_err("BTF of the module is missing or does not fit the kernel (%d): build it against this kernel's headers, with pahole installed\n",
		       rc);
	}
	return rc;
}
