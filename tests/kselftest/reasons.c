// SPDX-License-Identifier: GPL-2.0-only
/*
 * reasons.c - whoever migrates, the policy is told why, copies, and nothing
 * changes in the memory.
 *
 * kselftest-timeout: 600
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "mgx_policy.h"

#define PAGE 4096UL

FIXTURE(reasons)
{
	struct policy policy;
	struct counts counts;
	struct mem mem;
};

FIXTURE_SETUP(reasons)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, policy_start(&self->policy, "mgx_cpu"));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(reasons)
{
	policy_close(&self->policy);
	mem_free(&self->mem);
	setting_restore();
}

typedef FIXTURE_DATA(reasons) reasons_t;

/* By the policy's own account, by the module's, and by the memory itself. */
static void expect_reason(struct __test_metadata *_metadata, reasons_t *self,
			  enum mgx_reason reason, size_t pages)
{
	struct mgx_policy_stat stat;

	EXPECT_EQ(0, counts_since(&self->counts));
	ASSERT_EQ(0, policy_stat(&self->policy, reason, &stat));
	EXPECT_LT(0, stat.calls);
	EXPECT_LE(pages * PAGE, stat.copied_bytes);
	EXPECT_LE(pages, self->counts.reason[reason]);
	EXPECT_LE(pages, EV(&self->counts, pages_used));
	EXPECT_EQ(0, mem_check(&self->mem));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

TEST_F(reasons, move_pages)
{
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 0));
	EXPECT_EQ(256, mem_move_all(&self->mem, 1, false));
	expect_reason(_metadata, self, MGX_REASON_SYSCALL, 256);
}

TEST_F(reasons, migrate_pages)
{
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 0));
	EXPECT_LE(0, process_migrate(0, 1));
	EXPECT_EQ(256, mem_on_node(&self->mem, 1));
	expect_reason(_metadata, self, MGX_REASON_SYSCALL, 256);
}

TEST_F(reasons, mbind)
{
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 0));
	EXPECT_EQ(256, mem_mbind(&self->mem, 1));
	expect_reason(_metadata, self, MGX_REASON_MBIND, 256);
}

#define SCHED_NUMA "/sys/kernel/debug/sched/numa_balancing/"

/* Many faults soon, in place of few in the course of minutes. */
static int numa_balancing_eager(void)
{
	int rc = setting_set_u64(SCHED_NUMA "scan_delay_ms", 1);

	rc = rc ?: setting_set_u64(SCHED_NUMA "scan_period_min_ms", 20);
	rc = rc ?: setting_set_u64(SCHED_NUMA "scan_period_max_ms", 100);
	return rc ?: setting_set("/proc/sys/kernel/numa_balancing", "1");
}

/* The CPU of node 0 keeps using memory of node 1. */
TEST_F(reasons, numa_balancing)
{
	time_t end = time(NULL) + 20;

	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 1));
	ASSERT_EQ(0, node_run_on(0));
	ASSERT_EQ(0, numa_balancing_eager());
	/* The first look at this process was fixed before: after 1 s of its time. */
	while (time(NULL) < end && mem_on_node(&self->mem, 0) < 64)
		ASSERT_EQ(0, mem_check(&self->mem));
	EXPECT_LE(64, mem_on_node(&self->mem, 0));
	expect_reason(_metadata, self, MGX_REASON_NUMA_MISPLACED, 32);
}

/* Every second page is free, so there is something to compact. */
static void punch_holes(const struct mem *m)
{
	size_t at;

	for (at = 0; at < m->len; at += 2 * PAGE)
		madvise(m->addr + at, PAGE, MADV_DONTNEED);
}

TEST_F(reasons, compaction)
{
	struct mem holes;

	ASSERT_EQ(0, mem_make(&holes, MEM_ANON, MIB(16), 0));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(16), 0));
	punch_holes(&holes);
	EXPECT_EQ(0, file_write("/proc/sys/vm/compact_memory", "1"));
	expect_reason(_metadata, self, MGX_REASON_COMPACTION, 16);
	mem_free(&holes);
}

TEST_F(reasons, soft_offline)
{
	int i;

	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(1), 0));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, madvise(self->mem.addr + i * 8 * PAGE, PAGE,
				     MADV_SOFT_OFFLINE));
	expect_reason(_metadata, self, MGX_REASON_MEMORY_FAILURE, 8);
}

#define MEMORY "/sys/devices/system/memory/"

static size_t block_size(void)
{
	char buf[32];

	if (file_read(MEMORY "block_size_bytes", buf, sizeof(buf)))
		return 0;
	return strtoull(buf, NULL, 16);
}

static int block_node(int block)
{
	char path[96];
	int node;

	for (node = 0; node < 8; node++) {
		snprintf(path, sizeof(path), MEMORY "memory%d/node%d", block,
			 node);
		if (!access(path, F_OK))
			return node;
	}
	return -1;
}

/* Pages of @m in @block. */
static size_t block_pages(const struct mem *m, int block)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	size_t at, size = block_size(), pages = 0;
	uint64_t entry;

	for (at = 0; at < m->len; at += PAGE) {
		off_t where = (uintptr_t)(m->addr + at) / PAGE * sizeof(entry);

		if (pread(fd, &entry, sizeof(entry), where) == sizeof(entry))
			pages += (entry & ((1ULL << 55) - 1)) * PAGE / size ==
				 (uint64_t)block;
	}
	close(fd);
	return pages;
}

TEST_F(reasons, memory_offline)
{
	int block = mem_block_movable();
	size_t pages;

	ASSERT_LT(0, block);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(8), block_node(block)));
	pages = block_pages(&self->mem, block);
	note("%zu pages of ours are in memory%d", pages, block);
	ASSERT_LT(1000, pages);
	ASSERT_EQ(0, counts_read(&self->counts));
	EXPECT_EQ(0, mem_block_set(block, "offline"));
	EXPECT_EQ(0, block_pages(&self->mem, block));
	expect_reason(_metadata, self, MGX_REASON_MEMORY_HOTPLUG,
		      pages - pages / 10);
	EXPECT_EQ(0, mem_block_set(block, "online"));
}

#define CGROUP "/sys/fs/cgroup/"
#define GROUP  CGROUP "mgx-reasons/"

/* This process in a cgroup of its own, of which memory can be reclaimed. */
static int group_enter(void)
{
	int rc = file_write(CGROUP "cgroup.subtree_control", "+memory");

	if (!rc && mkdir(GROUP, 0755))
		rc = -errno;
	return rc ?: file_write(GROUP "cgroup.procs", "0");
}

static int group_leave(void)
{
	int rc = file_write(CGROUP "cgroup.procs", "0");

	return rc ?: rmdir(GROUP) ? -errno : 0;
}

/*
 * Reclaim of a node above others demotes. The machine needs a slower node:
 * MGX_TIERS=1 of tests/lab/vm.sh.
 */
TEST_F(reasons, demotion)
{
	int tries, lower = node_lower_tier();

	if (lower < 0)
		SKIP(return, "all nodes are of one memory tier");
	ASSERT_EQ(0, setting_set("/sys/kernel/mm/numa/demotion_enabled", "1"));
	ASSERT_EQ(0, group_enter());
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, MIB(8), 0));
	for (tries = 0; tries < 50 && mem_on_node(&self->mem, lower) < 512;
	     tries++)
		file_write(GROUP "memory.reclaim", "4M");
	EXPECT_LE(512, mem_on_node(&self->mem, lower));
	expect_reason(_metadata, self, MGX_REASON_DEMOTION, 512);
	EXPECT_EQ(0, group_leave());
}

TEST_HARNESS_MAIN
