// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_node.c - NUMA nodes, and the system calls for them.
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench_memory.h"
#include "cpulist.h"
#include "sysfs.h"

#define NODES	   "/sys/devices/system/node/"
#define MASK_NODES 1024
#define MASK_BITS  (8 * sizeof(unsigned long))

struct node_mask {
	unsigned long bits[MASK_NODES / MASK_BITS];
};

static void mask_add(struct node_mask *mask, int node)
{
	if (node >= 0 && node < MASK_NODES)
		mask->bits[node / MASK_BITS] |= 1UL << node % MASK_BITS;
}

static __u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

__u64 bench_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

__u64 bench_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

int bench_nodes(int *node, int max)
{
	char text[256];

	if (file_read(NODES "has_memory", text, sizeof(text)))
		return 0;
	return cpulist_read(text, node, max);
}

__u64 bench_node_free(int node)
{
	char path[64], line[128];
	unsigned long long kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), NODES "node%d/meminfo", node);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Node %*d MemFree: %llu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

void bench_node_run_on(int node, unsigned int nth)
{
	char path[64], text[256];
	int cpu[CPU_SETSIZE], nr;
	cpu_set_t set;

	snprintf(path, sizeof(path), NODES "node%d/cpulist", node);
	if (file_read(path, text, sizeof(text)))
		return;
	nr = cpulist_read(text, cpu, CPU_SETSIZE);
	if (nr <= 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu[nth % nr], &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int bench_node_bind(int node)
{
	struct node_mask mask = { 0 };
	int mode = node < 0 ? MPOL_DEFAULT : MPOL_BIND;

	mask_add(&mask, node);
	return syscall(SYS_set_mempolicy, mode, mask.bits,
		       node < 0 ? 0 : MASK_NODES);
}

int bench_range_bind(void *addr, size_t len, int node)
{
	struct node_mask mask = { 0 };

	mask_add(&mask, node);
	return syscall(SYS_mbind, addr, len, MPOL_BIND, mask.bits, MASK_NODES,
		       0);
}

long bench_move_pages(int pid, unsigned long nr, void **page, const int *node,
		      int *status)
{
	return syscall(SYS_move_pages, pid, nr, page, node, status,
		       MPOL_MF_MOVE);
}
