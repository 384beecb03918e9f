// SPDX-License-Identifier: GPL-2.0-only
/*
 * bytes.c - nothing changes in memory that is migrated: each kind of memory,
 * there and back, under each policy, every byte verified; and the counters say
 * that the policy really copied it, or really did not.
 *
 * kselftest-timeout: 600
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE 4096UL

/**
 * enum copier - who has to copy what is eligible
 * @NOBODY: there is no policy, nothing is counted
 * @KERNEL: the policy watches
 * @POLICY: the policy, all of it
 * @BOTH: the policy one half of each batch
 */
enum copier { NOBODY, KERNEL, POLICY, BOTH };

FIXTURE(bytes)
{
	struct policy policy;
	struct counts counts;
	struct mem mem;
	size_t moved; /* base pages, both ways */
};

FIXTURE_VARIANT(bytes)
{
	const char *policy;
	enum copier copier;
};

FIXTURE_VARIANT_ADD(bytes, none){ NULL, NOBODY };
FIXTURE_VARIANT_ADD(bytes, noop){ "mgx_noop", KERNEL };
FIXTURE_VARIANT_ADD(bytes, cpu){ "mgx_cpu", POLICY };
FIXTURE_VARIANT_ADD(bytes, half){ "t_half", BOTH };
FIXTURE_VARIANT_ADD(bytes, limit){ "t_limit", POLICY };

FIXTURE_SETUP(bytes)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, policy_start(&self->policy, variant->policy));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(bytes)
{
	policy_close(&self->policy);
	mem_free(&self->mem);
	setting_restore();
}

typedef FIXTURE_DATA(bytes) bytes_t;
typedef FIXTURE_VARIANT(bytes) variant_t;

static void move_to(struct __test_metadata *_metadata, bytes_t *self, int node,
		    bool all)
{
	struct mem *m = &self->mem;
	ssize_t before = mem_on_node(m, node);
	ssize_t there = mem_move_all(m, node, all);

	ASSERT_EQ((ssize_t)(m->len / PAGE), there);
	self->moved += there - before;
}

/*
 * Unmapping a folio by its PTEs makes it look partially mapped, and the stock
 * kernel splits such folios when it migrates them the next time.
 */
static void expect_whole(struct __test_metadata *_metadata, bytes_t *self)
{
	if (self->mem.unit > PAGE)
		EXPECT_TRUE(mem_is_large(&self->mem));
	if (self->mem.unit < MIB(2))
		self->mem.unit = PAGE;
}

static void there_and_back(struct __test_metadata *_metadata, bytes_t *self,
			   bool all)
{
	move_to(_metadata, self, 1, all);
	EXPECT_EQ(0, mem_check(&self->mem));
	expect_whole(_metadata, self);
	move_to(_metadata, self, 0, all);
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&self->counts));
}

static void expect_nothing(struct __test_metadata *_metadata,
			   const struct counts *c)
{
	int i;

	for (i = 0; i < MGX_NR_EVENTS; i++)
		EXPECT_EQ(0, c->ev[i]);
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

/* One folio fills its batch, and is more than a half: nothing fits. */
static bool half_is_nothing(const bytes_t *self)
{
	return self->mem.unit == MIB(2);
}

/* What was eligible was copied by whom it had to be. */
static void expect_copier(struct __test_metadata *_metadata, bytes_t *self,
			  enum copier copier)
{
	const struct counts *c = &self->counts;
	size_t most = self->moved - self->moved / 10;

	if (copier == KERNEL || (copier == BOTH && half_is_nothing(self))) {
		EXPECT_EQ(0, EV(c, pages_copied));
		EXPECT_LE(most, EV(c, pages_kernel));
	} else if (copier == POLICY) {
		EXPECT_LE(most, EV(c, pages_used));
	} else {
		EXPECT_LE(most / 2 - most / 10, EV(c, pages_used));
		EXPECT_LE(most / 2 - most / 10, EV(c, pages_kernel));
	}
	EXPECT_LE(most, EV(c, pages_batched));
	EXPECT_LE(EV(c, pages_used), EV(c, pages_copied));
	EXPECT_LE(EV(c, pages_copied), EV(c, pages_batched));
	EXPECT_LE(most, c->reason[MGX_REASON_SYSCALL]);
}

static void expect_eligible(struct __test_metadata *_metadata, bytes_t *self,
			    const variant_t *variant)
{
	const struct counts *c = &self->counts;

	if (variant->copier == NOBODY)
		expect_nothing(_metadata, c);
	else
		expect_copier(_metadata, self, variant->copier);
	if (!__test_passed(_metadata))
		counts_print(c);
}

/* Held back because of its mapping: whatever the policy, the kernel copies. */
static void expect_held(struct __test_metadata *_metadata, bytes_t *self,
			const variant_t *variant)
{
	const struct counts *c = &self->counts;

	if (variant->copier == NOBODY) {
		expect_nothing(_metadata, c);
		return;
	}
	EXPECT_EQ(0, EV(c, pages_copied));
	EXPECT_EQ(0, EV(c, pages_used));
	EXPECT_LE(self->moved - self->moved / 10, EV(c, pages_kernel));
}

static void make(struct __test_metadata *_metadata, bytes_t *self,
		 enum mem_kind kind, size_t len)
{
	ASSERT_EQ(0, mem_make(&self->mem, kind, len, 0));
	ASSERT_EQ(len / PAGE, mem_on_node(&self->mem, 0));
	if (self->mem.unit > PAGE)
		ASSERT_TRUE(mem_is_large(&self->mem));
}

static void kind_survives(struct __test_metadata *_metadata, bytes_t *self,
			  const variant_t *variant, enum mem_kind kind,
			  size_t len)
{
	make(_metadata, self, kind, len);
	there_and_back(_metadata, self, false);
	expect_eligible(_metadata, self, variant);
}

TEST_F(bytes, anon)
{
	kind_survives(_metadata, self, variant, MEM_ANON, MIB(6));
}

TEST_F(bytes, mthp)
{
	kind_survives(_metadata, self, variant, MEM_MTHP, MIB(6));
}

TEST_F(bytes, thp)
{
	kind_survives(_metadata, self, variant, MEM_THP, MIB(8));
}

TEST_F(bytes, shmem)
{
	kind_survives(_metadata, self, variant, MEM_SHMEM, MIB(4));
}

TEST_F(bytes, shmem_thp)
{
	kind_survives(_metadata, self, variant, MEM_SHMEM_THP, MIB(8));
}

TEST_F(bytes, hugetlb)
{
	ASSERT_EQ(0, hugetlb_pool(4));
	kind_survives(_metadata, self, variant, MEM_HUGETLB, MIB(8));
}

TEST_F(bytes, hugetlb_shared)
{
	ASSERT_EQ(0, hugetlb_pool(4));
	kind_survives(_metadata, self, variant, MEM_HUGETLB_SHARED, MIB(8));
}

TEST_F(bytes, mlocked)
{
	make(_metadata, self, MEM_ANON, MIB(2));
	ASSERT_EQ(0, mlock(self->mem.addr, self->mem.len));
	there_and_back(_metadata, self, false);
	expect_eligible(_metadata, self, variant);
}

/* The child looks at its memory when the pipe is closed. */
static pid_t child_checks(const struct mem *m, int *gate)
{
	int ends[2];
	pid_t pid;
	char c;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1) || mem_check(m));
	}
	close(ends[0]);
	*gate = ends[1];
	return pid;
}

TEST_F(bytes, forked)
{
	int gate, status;
	pid_t pid;

	make(_metadata, self, MEM_ANON, MIB(2));
	pid = child_checks(&self->mem, &gate);
	ASSERT_LT(0, pid);
	there_and_back(_metadata, self, true);
	close(gate);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	expect_eligible(_metadata, self, variant);
}

#define KSM "/sys/kernel/mm/ksm/"

static bool ksm_merged(int64_t pages)
{
	int tries;

	for (tries = 0; tries < 600; tries++) {
		if (file_read_s64(KSM "pages_sharing") >= pages)
			return true;
		usleep(10000);
	}
	note("pages_sharing is %lld",
	     (long long)file_read_s64(KSM "pages_sharing"));
	return false;
}

/* Two memories of the same words become one, of which each has a mapping. */
TEST_F(bytes, ksm)
{
	const size_t len = MIB(1);
	struct mem twin;

	ASSERT_EQ(0, setting_set_u64(KSM "pages_to_scan", 2000));
	ASSERT_EQ(0, setting_set_u64(KSM "sleep_millisecs", 5));
	ASSERT_EQ(0, setting_set_u64(KSM "run", 1));
	make(_metadata, self, MEM_ANON, len);
	ASSERT_EQ(0, mem_make(&twin, MEM_ANON, len, 0));
	mem_fill(&twin, self->mem.seed);
	ASSERT_EQ(0, madvise(self->mem.addr, len, MADV_MERGEABLE));
	ASSERT_EQ(0, madvise(twin.addr, len, MADV_MERGEABLE));
	ASSERT_TRUE(ksm_merged(len / PAGE));
	ASSERT_EQ(0, file_write(KSM "run", "0"));
	there_and_back(_metadata, self, true);
	EXPECT_EQ(0, mem_check(&twin));
	expect_eligible(_metadata, self, variant);
	mem_free(&twin);
}

/* Folios that are still being written are migrated one by one. */
static bool written_back(void)
{
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (!table_read("/proc/meminfo", "Writeback"))
			return true;
		usleep(10000);
	}
	return false;
}

/* What is read back from swap stays in the swap cache. */
TEST_F(bytes, swap_cache)
{
	struct mem *m = &self->mem;
	size_t at;
	int tries;

	ASSERT_EQ(0, disk_swap(true));
	make(_metadata, self, MEM_ANON, MIB(2));
	ASSERT_EQ(0, madvise(m->addr, m->len, MADV_PAGEOUT));
	ASSERT_GT(m->len / PAGE / 10, mem_on_node(m, 0));
	ASSERT_TRUE(written_back());
	for (at = 0; at < m->len / 2; at += PAGE)
		(void)*(volatile char *)(m->addr + at);
	/* Some were never written out, and the counter is not exact. */
	EXPECT_LE(m->len / KIB(4), table_read("/proc/meminfo", "SwapCached"));
	self->moved = mem_on_node(m, 0);
	EXPECT_LT(0, self->moved);
	for (tries = 0; tries < 50 && mem_on_node(m, 0); tries++) {
		EXPECT_LE(0, mem_move_pages(m, 1, false));
		usleep(tries > 4 ? 20000 : 0);
	}
	EXPECT_EQ(0, mem_on_node(m, 0));
	counts_since(&self->counts);
	EXPECT_EQ(0, mem_check(m));
	expect_eligible(_metadata, self, variant);
	mem_free(m);
	EXPECT_EQ(0, disk_swap(false));
}

static int forget_caches(void)
{
	sync();
	return file_write("/proc/sys/vm/drop_caches", "1");
}

static void make_file(struct __test_metadata *_metadata, bytes_t *self)
{
	const char *dir = disk_ext4();
	char path[64];

	ASSERT_NE(NULL, dir);
	snprintf(path, sizeof(path), "%s/bytes.%d", dir, getpid());
	ASSERT_EQ(0, node_bind(0));
	ASSERT_EQ(0, mem_map_file(&self->mem, path, MIB(4)));
	ASSERT_EQ(0, unlink(path));
	mem_fill(&self->mem, getpid());
	ASSERT_EQ(0, node_bind(-1));
}

/* What is on the disk in the end has come from the migrated pages. */
static void file_survives(struct __test_metadata *_metadata, bytes_t *self,
			  const variant_t *variant)
{
	struct mem *m = &self->mem;

	there_and_back(_metadata, self, false);
	expect_held(_metadata, self, variant);
	ASSERT_EQ(0, fsync(m->fd));
	ASSERT_EQ(0, munmap(m->addr, m->len));
	ASSERT_EQ(0, forget_caches());
	m->addr = mmap(NULL, m->len, PROT_READ, MAP_SHARED, m->fd, 0);
	ASSERT_NE(MAP_FAILED, m->addr);
	EXPECT_EQ(0, mem_check(m));
}

TEST_F(bytes, ext4_dirty)
{
	make_file(_metadata, self);
	file_survives(_metadata, self, variant);
}

TEST_F(bytes, ext4_clean)
{
	make_file(_metadata, self);
	ASSERT_EQ(0, fsync(self->mem.fd));
	file_survives(_metadata, self, variant);
}

/*
 * While a thread adds to each word. A page it just touched may be kept for one
 * turn, so what is moved is not all, but it has to be most.
 */
static void written_survives(struct __test_metadata *_metadata, bytes_t *self,
			     const variant_t *variant, enum mem_kind kind,
			     size_t len)
{
	struct mem_writer w;
	int i;

	make(_metadata, self, kind, len);
	ASSERT_EQ(0, mem_writer_start(&w, &self->mem));
	for (i = 0; i < 10; i++) {
		ssize_t before = mem_on_node(&self->mem, !(i & 1));
		ssize_t rc = mem_move_pages(&self->mem, !(i & 1), false);

		EXPECT_LE(0, rc);
		self->moved += rc - before;
		if (kind == MEM_MTHP)
			self->mem.unit = PAGE; /* see expect_whole() */
	}
	EXPECT_EQ(0, mem_writer_stop(&w));
	EXPECT_EQ(0, mem_check(&self->mem));
	EXPECT_LE(10 * len / PAGE / 2, self->moved);
	ASSERT_EQ(0, counts_since(&self->counts));
	expect_eligible(_metadata, self, variant);
}

TEST_F(bytes, anon_written)
{
	written_survives(_metadata, self, variant, MEM_ANON, MIB(1));
}

TEST_F(bytes, mthp_written)
{
	written_survives(_metadata, self, variant, MEM_MTHP, MIB(1));
}

TEST_F(bytes, thp_written)
{
	written_survives(_metadata, self, variant, MEM_THP, MIB(4));
}

TEST_F(bytes, shmem_written)
{
	written_survives(_metadata, self, variant, MEM_SHMEM, MIB(1));
}

TEST_F(bytes, hugetlb_written)
{
	ASSERT_EQ(0, hugetlb_pool(2));
	written_survives(_metadata, self, variant, MEM_HUGETLB, MIB(4));
}

TEST_HARNESS_MAIN
