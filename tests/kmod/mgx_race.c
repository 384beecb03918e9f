// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_race.c - a data race on purpose. Test-only: a kernel with KCSAN that says
 * nothing about this one would say nothing about migrate_ext either.
 *
 * Two threads, on two CPUs, count the same number without a lock, for as long as
 * the module is loaded.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>

static struct task_struct *race_tasks[2];
static unsigned long race_count;

static int race_main(void *unused)
{
	while (!kthread_should_stop()) {
		race_count++;
		cond_resched();
	}
	return 0;
}

static void race_stop(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(race_tasks); i++)
		if (race_tasks[i])
			kthread_stop(race_tasks[i]);
}

static int __init race_init(void)
{
	int i, cpu = cpumask_first(cpu_online_mask);

	if (num_online_cpus() < ARRAY_SIZE(race_tasks))
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(race_tasks); i++) {
		struct task_struct *task = kthread_create_on_cpu(
			race_main, NULL, cpu, "mgx_race/%u");

		if (IS_ERR(task)) {
			race_stop();
			return PTR_ERR(task);
		}
		race_tasks[i] = task;
		wake_up_process(task);
		cpu = cpumask_next(cpu, cpu_online_mask);
	}
	return 0;
}
module_init(race_init);

static void __exit race_exit(void)
{
	race_stop();
}
module_exit(race_exit);

MODULE_DESCRIPTION("a data race on purpose, for tests of KCSAN");
MODULE_LICENSE("GPL");
