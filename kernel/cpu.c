// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c - channels made of helper threads: one channel per node.
 *
 * Threads of a node are spread over its last-level caches, since the copy is
 * bound by what one cache can take in and out. They may run on any CPU that
 * shares the cache, so that the scheduler can move them out of the way, and
 * finds others when CPUs go offline.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "mgx.h"

#define MGX_CPU_THREADS_MAX 16
#define MGX_CPU_CREDITS	    32 /* jobs per node: also the size of the ring */

/**
 * struct mgx_cpu_pool - the threads of a node
 * @channel: their channel
 * @nid: the node
 * @nr: threads
 * @thread: the threads
 * @wait: where they sleep
 * @idle: where those wait who want them to have no job
 * @lock: protects what follows
 * @busy: jobs taken out and not ended
 * @head: jobs put in
 * @tail: jobs taken out
 * @ring: jobs
 */
struct mgx_cpu_pool {
	struct mgx_channel *channel;
	int nid;
	unsigned int nr;
	struct task_struct *thread[MGX_CPU_THREADS_MAX];
	wait_queue_head_t wait;
	wait_queue_head_t idle;
	spinlock_t lock;
	u32 busy;
	u32 head;
	u32 tail;
	struct mgx_job *ring[MGX_CPU_CREDITS];
};

static DEFINE_MUTEX(mgx_cpu_mutex);
static int mgx_cpu_hotplug_state;
static struct mgx_cpu_pool *mgx_cpu_pools[MAX_NUMNODES];
static bool mgx_cpu_ready;

static struct mgx_job *mgx_cpu_pop(struct mgx_cpu_pool *pool)
{
	struct mgx_job *job = NULL;

	spin_lock_irq(&pool->lock);
	if (pool->tail != pool->head) {
		job = pool->ring[pool->tail++ % MGX_CPU_CREDITS];
		pool->busy++;
	}
	spin_unlock_irq(&pool->lock);
	return job;
}

/* A job that was taken out has ended; it may be another's already. */
static void mgx_cpu_end(struct mgx_cpu_pool *pool, struct mgx_job *job,
			u64 bytes, int status)
{
	mgx_job_done(job, bytes, status);
	spin_lock_irq(&pool->lock);
	pool->busy--;
	spin_unlock_irq(&pool->lock);
	wake_up(&pool->idle);
}

/* The ring has a place for each of the channel's jobs. */
static int mgx_cpu_start(struct mgx_channel *channel, struct mgx_job *job)
{
	struct mgx_cpu_pool *pool = mgx_channel_priv(channel);
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	pool->ring[pool->head++ % MGX_CPU_CREDITS] = job;
	spin_unlock_irqrestore(&pool->lock, flags);
	wake_up(&pool->wait);
	return 0;
}

/*
 * Threads may be kept off their CPUs for long, and leave while jobs that were
 * given up still wait for them: these end here, and those begun are waited for.
 */
static int mgx_cpu_quiesce(struct mgx_channel *channel)
{
	struct mgx_cpu_pool *pool = mgx_channel_priv(channel);
	struct mgx_job *job;

	while ((job = mgx_cpu_pop(pool)))
		mgx_cpu_end(pool, job, 0, -EIO);
	wait_event(pool->idle, !READ_ONCE(pool->busy));
	return 0;
}

static const struct mgx_channel_ops mgx_cpu_ops = {
	.start = mgx_cpu_start,
	.quiesce = mgx_cpu_quiesce,
};

static unsigned long mgx_cpu_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

/*
 * The copy takes as much processor time as time, unless another task ran in
 * between: then the scheduler knows how much, up to the last switch.
 */
static void mgx_cpu_copy(struct mgx_cpu_pool *pool, struct mgx_job *job)
{
	u64 begin = ktime_get_ns(), runtime = current->se.sum_exec_runtime;
	unsigned long switches = mgx_cpu_switches();
	int rc = mgx_job_copy(job);

	job->cpu_ns = ktime_get_ns() - begin;
	if (mgx_cpu_switches() != switches)
		job->cpu_ns = min(job->cpu_ns,
				  current->se.sum_exec_runtime - runtime);
	mgx_cpu_end(pool, job, job->bytes, rc);
}

/**
 * mgx_cpus_common() - CPUs that are not isolated, where anybody may run
 * @mask: filled in
 *
 * Context: any. Since 7.0 cpusets change them at any time.
 */
void mgx_cpus_common(struct cpumask *mask)
{
	rcu_read_lock();
	cpumask_copy(mask, housekeeping_cpumask(HK_TYPE_DOMAIN));
	rcu_read_unlock();
}

/* The first of these CPUs with this CPU's cache stands for the cache. */
static bool mgx_cpu_leads(const struct cpumask *mask, int cpu)
{
	int other;

	for_each_cpu_and(other, mask, cpu_online_mask)
		if (mgx_llc_id(other) == mgx_llc_id(cpu))
			return other == cpu;
	return false;
}

/* CPUs of the @n-th last-level cache of a node, counted round. */
static void mgx_cpu_mask(int nid, unsigned int n, struct cpumask *mask)
{
	unsigned int leaders = 0;
	int cpu, leader = -1;

	mgx_cpus_common(mask);
	if (cpumask_first_and_and(mask, cpumask_of_node(nid), cpu_online_mask) <
	    nr_cpu_ids)
		cpumask_and(mask, mask, cpumask_of_node(nid));
	for_each_cpu_and(cpu, mask, cpu_online_mask)
		leaders += mgx_cpu_leads(mask, cpu);
	if (leaders < 2)
		return;
	n %= leaders;
	for_each_cpu_and(cpu, mask, cpu_online_mask)
		if (mgx_cpu_leads(mask, cpu) && !n--)
			leader = cpu;
	for_each_cpu(cpu, mask)
		if (mgx_llc_id(cpu) != mgx_llc_id(leader))
			cpumask_clear_cpu(cpu, mask);
}

/* Where the @n-th thread of a node may run, as of now. */
static int mgx_cpu_place(struct mgx_cpu_pool *pool, unsigned int n,
			 struct task_struct *task)
{
	cpumask_var_t mask;
	int rc;

	/* A helper that reclaimed memory could wait for itself. */
	if (!alloc_cpumask_var(&mask, GFP_NOWAIT | __GFP_NOWARN))
		return -ENOMEM;
	cpus_read_lock();
	mgx_cpu_mask(pool->nid, n, mask);
	cpus_read_unlock();
	rc = set_cpus_allowed_ptr(task, mask);
	free_cpumask_var(mask);
	return rc;
}

/* The kernel places a thread when it begins: after that it is ours to do. */
static void mgx_cpu_settle(struct mgx_cpu_pool *pool)
{
	unsigned int n = 0;

	while (pool->thread[n] != current)
		n++;
	mgx_cpu_place(pool, n, current); /* anywhere is well enough */
}

static int mgx_cpu_thread(void *data)
{
	struct mgx_cpu_pool *pool = data;
	struct mgx_job *job;

	mgx_cpu_settle(pool);
	while (!kthread_should_stop()) {
		wait_event_idle_exclusive(pool->wait,
					  (job = mgx_cpu_pop(pool)) ||
						  kthread_should_stop());
		if (job)
			mgx_cpu_copy(pool, job);
		cond_resched();
	}
	/* It may have been woken for a job that it has not seen. */
	wake_up(&pool->wait);
	return 0;
}

static int mgx_cpu_spawn(struct mgx_cpu_pool *pool)
{
	struct task_struct *task;

	task = kthread_create_on_node(mgx_cpu_thread, pool, pool->nid,
				      "mgx/%d:%u", pool->nid, pool->nr);
	if (IS_ERR(task))
		return PTR_ERR(task);
	pool->thread[pool->nr++] = task;
	wake_up_process(task);
	return 0;
}

static int mgx_cpu_fit(struct mgx_cpu_pool *pool, unsigned int threads)
{
	int rc = 0;

	while (pool->nr > threads)
		kthread_stop(pool->thread[--pool->nr]);
	while (!rc && pool->nr < threads)
		rc = mgx_cpu_spawn(pool);
	/* A thread has no use for a second job that others could do. */
	if (pool->channel && pool->nr)
		mgx_channel_set_depth(pool->channel, pool->nr);
	return rc;
}

static void mgx_cpu_pool_free(struct mgx_cpu_pool *pool)
{
	if (!pool)
		return;
	if (!IS_ERR_OR_NULL(pool->channel))
		mgx_channel_unregister(pool->channel);
	mgx_cpu_fit(pool, 0);
	kfree(pool);
}

static struct mgx_cpu_pool *mgx_cpu_pool_make(int nid, unsigned int threads)
{
	struct mgx_channel_desc desc = {
		.kind = MGX_KIND_CPU,
		.nid = nid,
		.credits = MGX_CPU_CREDITS,
		.depth = threads,
		.ops = &mgx_cpu_ops,
	};
	struct mgx_cpu_pool *pool;
	char name[MGX_NAME_LEN];

	pool = kzalloc_node(sizeof(*pool), GFP_KERNEL, nid);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	pool->nid = nid;
	spin_lock_init(&pool->lock);
	init_waitqueue_head(&pool->wait);
	init_waitqueue_head(&pool->idle);
	snprintf(name, sizeof(name), "cpu%d", nid);
	desc.name = name;
	desc.priv = pool;
	if (!mgx_cpu_fit(pool, threads))
		pool->channel = mgx_channel_register(&desc);
	if (IS_ERR_OR_NULL(pool->channel)) {
		mgx_cpu_pool_free(pool);
		return ERR_PTR(-ENOMEM);
	}
	return pool;
}

static int mgx_cpu_resize_node(int nid, unsigned int threads)
{
	struct mgx_cpu_pool *pool = mgx_cpu_pools[nid];

	if (!cpumask_intersects(cpumask_of_node(nid), cpu_online_mask))
		threads = 0;
	if (pool && threads)
		return mgx_cpu_fit(pool, threads);
	if (pool) {
		mgx_cpu_pool_free(pool);
		mgx_cpu_pools[nid] = NULL;
		return 0;
	}
	if (!threads)
		return 0;
	pool = mgx_cpu_pool_make(nid, threads);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	mgx_cpu_pools[nid] = pool;
	return 0;
}

static int mgx_cpu_resize(unsigned int threads)
{
	int nid, rc, err = 0;

	for_each_node(nid) { /* also one that is gone: it had threads */
		rc = mgx_cpu_resize_node(nid, threads);
		err = err ?: rc;
	}
	return err;
}

static unsigned int cpu_threads = 1;

static void mgx_cpu_replace_all(void)
{
	struct mgx_cpu_pool *pool;
	unsigned int i;
	int nid;

	for_each_node(nid) {
		pool = mgx_cpu_pools[nid];
		for (i = 0; pool && i < pool->nr; i++)
			mgx_cpu_place(pool, i, pool->thread[i]);
	}
}

/*
 * CPUs came or went: a node that has CPUs has threads, spread over the caches
 * that there are. No CPU comes or goes while someone reads.
 */
static void mgx_cpu_changed(struct work_struct *work)
{
	cpus_read_lock(); /* until the one that told us is through */
	cpus_read_unlock();
	mutex_lock(&mgx_cpu_mutex);
	if (mgx_cpu_ready) {
		if (mgx_cpu_resize(cpu_threads))
			pr_warn("a node has no helper threads: out of memory or of channel ids\n");
		mgx_cpu_replace_all();
	}
	mutex_unlock(&mgx_cpu_mutex);
}

static DECLARE_WORK(mgx_cpu_work, mgx_cpu_changed);

static int mgx_cpu_hotplug(unsigned int cpu)
{
	schedule_work(&mgx_cpu_work);
	return 0;
}

static int mgx_cpu_threads_set(const char *value, const struct kernel_param *kp)
{
	unsigned int threads;
	int rc = kstrtouint(value, 0, &threads);

	if (rc)
		return rc;
	if (threads > MGX_CPU_THREADS_MAX)
		return -ERANGE;
	mutex_lock(&mgx_cpu_mutex);
	if (mgx_cpu_ready)
		rc = mgx_cpu_resize(threads);
	if (!rc)
		cpu_threads = threads;
	else /* back to less than there is now: that takes no memory */
		mgx_cpu_resize(cpu_threads);
	mutex_unlock(&mgx_cpu_mutex);
	return rc;
}

static const struct kernel_param_ops mgx_cpu_threads_ops = {
	.set = mgx_cpu_threads_set,
	.get = param_get_uint,
};
module_param_cb(cpu_threads, &mgx_cpu_threads_ops, &cpu_threads, 0644);
MODULE_PARM_DESC(cpu_threads,
		 "helper threads per node, 0 for none (0 to 16, default 1)");

/**
 * mgx_cpu_init() - make a channel of helper threads for each node with CPUs
 *
 * Context: module initialisation.
 * Return: 0 or a negative errno, then nothing is left behind.
 */
int mgx_cpu_init(void)
{
	int rc;

	mutex_lock(&mgx_cpu_mutex);
	rc = mgx_cpu_resize(cpu_threads);
	if (rc)
		mgx_cpu_resize(0);
	else
		mgx_cpu_ready = true;
	mutex_unlock(&mgx_cpu_mutex);
	if (rc)
		return rc;
	rc = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
				       "mm/migrate_ext:online", mgx_cpu_hotplug,
				       mgx_cpu_hotplug);
	if (rc < 0) {
		mgx_cpu_hotplug_state = 0;
		mgx_cpu_exit();
		return rc;
	}
	mgx_cpu_hotplug_state = rc;
	return 0;
}

/**
 * mgx_cpu_exit() - end the helper threads; no policy is attached
 */
void mgx_cpu_exit(void)
{
	if (mgx_cpu_hotplug_state)
		cpuhp_remove_state_nocalls(mgx_cpu_hotplug_state);
	cancel_work_sync(&mgx_cpu_work);
	mutex_lock(&mgx_cpu_mutex);
	mgx_cpu_ready = false;
	mgx_cpu_resize(0);
	mutex_unlock(&mgx_cpu_mutex);
}
