// SPDX-License-Identifier: GPL-2.0-only
/*
 * window.c - the time between the copy of a batch and its folios' turns.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "window.h"

#define PAGE	4096UL
#define WAIT_MS 60000

static int last_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) - 1;
}

/* Nobody for whom the policy waits shall wait for the CPU it waits on. */
static int keep_off_last_cpu(void)
{
	char mask[16];
	cpu_set_t cpus;
	int cpu;

	CPU_ZERO(&cpus);
	for (cpu = 0; cpu < last_cpu(); cpu++)
		CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return -errno;
	snprintf(mask, sizeof(mask), "%x", (1 << last_cpu()) - 1);
	return setting_set("/sys/devices/virtual/workqueue/cpumask", mask);
}

int window_start(struct policy *p, struct window **w)
{
	int fd, rc = keep_off_last_cpu();

	rc = rc ?: policy_start(p, "t_window");
	if (rc)
		return rc;
	fd = bpf_object__find_map_fd_by_name(p->obj, WINDOW_MAP);
	*w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*w == MAP_FAILED) {
		policy_close(p);
		return -errno;
	}
	return 0;
}

void window_stop(struct policy *p, struct window *w)
{
	window_arm(w, false);
	window_hold_exit(w, false);
	policy_close(p);
	munmap(w, PAGE);
}

void window_arm(struct window *w, bool on)
{
	__atomic_store_n(&w->closed, on ? w->opened : ~0U, __ATOMIC_SEQ_CST);
	__atomic_store_n(&w->tgid, on ? getpid() : 0, __ATOMIC_SEQ_CST);
}

static bool wait_above(const __u32 *number, __u32 floor, const char *what)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };
	int ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		if (__atomic_load_n(number, __ATOMIC_SEQ_CST) > floor)
			return true;
		nanosleep(&tick, NULL);
	}
	note("%s in %d ms", what, WAIT_MS);
	return false;
}

bool window_wait(struct window *w)
{
	return wait_above(&w->opened, w->closed, "no batch was copied");
}

void window_hold_exit(struct window *w, bool on)
{
	__atomic_store_n(&w->hold_exit, on, __ATOMIC_SEQ_CST);
}

bool window_wait_exit(struct window *w)
{
	return wait_above(&w->exiting, 0, "exit() was not called");
}

void window_close(struct window *w)
{
	__atomic_store_n(&w->closed, ~0U, __ATOMIC_SEQ_CST);
}

int aside_start(pthread_t *thread, void *(*main)(void *), void *arg)
{
	pthread_attr_t attr;
	cpu_set_t cpus;
	int rc;

	CPU_ZERO(&cpus);
	CPU_SET(last_cpu(), &cpus);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	rc = -pthread_create(thread, &attr, main, arg);
	pthread_attr_destroy(&attr);
	return rc;
}
