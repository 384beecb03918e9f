// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison.c - bad memory ends as it does without a policy.
 *
 * A machine check cannot be had in the lab, but what the kernel's copy does
 * about one can: the source is taken out of the direct map, so that reading it
 * faults, and the copy that recovers from machine checks returns an error.
 *
 * kselftest-timeout: 300
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "window.h"

#define PAGE  4096UL
#define LIMIT 120 /* seconds, on a busy machine */
#define PAGES 8
#define BAD   3

FIXTURE(poison)
{
	struct policy policy;
	struct window *window;
	struct counts counts;
	struct directed directed;
	struct mem mem;
	pthread_t mover;
	pthread_t injector;
	uint64_t pfn;
	int moved;
	int injected;
};

typedef FIXTURE_DATA(poison) poison_t;

FIXTURE_SETUP(poison)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, directed_open(&self->directed));
	ASSERT_EQ(0, window_start(&self->policy, &self->window));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_SHMEM, PAGES * PAGE, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(poison)
{
	window_stop(&self->policy, self->window);
	directed_close(&self->directed);
	mem_free(&self->mem);
	setting_restore();
}

static void add_all(poison_t *self, unsigned int bad)
{
	int i;

	for (i = 0; i < PAGES; i++)
		directed_add(&self->directed, self->mem.fd, i,
			     i == BAD ? bad : 0);
}

/* All but the bad one. */
static size_t wrong_words(const poison_t *self)
{
	size_t i, wrong = 0;

	for (i = 0; i < PAGES; i++)
		if (i != BAD)
			wrong += mem_check_part(&self->mem, i * PAGE, PAGE);
	return wrong;
}

/* The others move, and the caller is told of one that did not. */
static void expect_as_on_stock(struct __test_metadata *_metadata,
			       poison_t *self)
{
	int i;

	ASSERT_EQ(0, ioctl(self->directed.dev, MGXT_POISON_ON));
	add_all(self, MGXT_POISON);
	ASSERT_EQ(0, directed_run(&self->directed));
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, self->directed.call.rc);
	EXPECT_EQ(PAGES - 1, self->directed.call.succeeded);
	EXPECT_EQ(1, self->directed.call.back);
	for (i = 0; i < PAGES; i++)
		if (i != BAD)
			EXPECT_EQ(1, self->directed.folio[i].node);
	EXPECT_EQ(0, wrong_words(self));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

TEST_F_TIMEOUT(poison, in_early_copy, LIMIT)
{
	expect_as_on_stock(_metadata, self);
	EXPECT_EQ(1, EV(&self->counts, poison));
	EXPECT_EQ(PAGES - 1, EV(&self->counts, pages_copied));
	EXPECT_EQ(PAGES - 1, EV(&self->counts, pages_used));
}

/* The thread that copies meets it, and the caller is told. */
TEST_F_TIMEOUT(poison, in_helper, LIMIT)
{
	struct policy helper;

	ASSERT_EQ(0, policy_open(&helper, "t_info"));
	ASSERT_EQ(0, policy_load(&helper));
	ASSERT_EQ(0, policy_swap(&self->policy, &helper));
	expect_as_on_stock(_metadata, self);
	EXPECT_EQ(1, EV(&self->counts, poison));
	EXPECT_EQ(PAGES - 1, EV(&self->counts, pages_copied));
	EXPECT_EQ(PAGES - 1, EV(&self->counts, pages_used));
	EXPECT_FALSE(mgx_is("channels/1/bytes", "0"));
	policy_close(&helper);
}

/* What to compare with. */
TEST_F_TIMEOUT(poison, without_policy, LIMIT)
{
	policy_detach(&self->policy);
	expect_as_on_stock(_metadata, self);
	EXPECT_EQ(0, EV(&self->counts, poison));
}

static void *mover_main(void *arg)
{
	poison_t *self = arg;

	self->moved = directed_run(&self->directed);
	return NULL;
}

/* Waits for the folio's lock, so for the end of the migration. */
static void *injector_main(void *arg)
{
	poison_t *self = arg;
	char pfn[32];

	snprintf(pfn, sizeof(pfn), "%#llx", (unsigned long long)self->pfn);
	self->injected =
		file_write("/sys/kernel/debug/hwpoison/corrupt-pfn", pfn);
	return NULL;
}

static uint64_t pfn_of(const void *addr)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry),
		  (uintptr_t)addr / PAGE * sizeof(entry)) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

/* The page is reported bad when its content has been copied already. */
TEST_F_TIMEOUT(poison, between_copy_and_turn, LIMIT)
{
	ASSERT_EQ(0, system("modprobe hwpoison-inject"));
	self->pfn = pfn_of(self->mem.addr + BAD * PAGE);
	ASSERT_NE(0, self->pfn);
	add_all(self, 0);
	window_arm(self->window, true);
	ASSERT_EQ(0, aside_start(&self->mover, mover_main, self));
	ASSERT_TRUE(window_wait(self->window));
	ASSERT_EQ(0,
		  pthread_create(&self->injector, NULL, injector_main, self));
	usleep(200 * 1000);
	window_close(self->window);
	pthread_join(self->mover, NULL);
	pthread_join(self->injector, NULL);
	window_arm(self->window, false);
	EXPECT_EQ(0, self->moved);
	EXPECT_EQ(0, self->window->expired);
	EXPECT_EQ(0, wrong_words(self));
	if (self->directed.folio[BAD].node == 1)
		EXPECT_EQ(0, mem_check(&self->mem));
}

/* The process is told of the bad page, which it has not touched. */
static void told(int signal)
{
}

/* Poisoned before: it is unmapped, and move_pages() finds nothing there. */
TEST_F_TIMEOUT(poison, before_the_call, LIMIT)
{
	char *bad = self->mem.addr + BAD * PAGE;

	signal(SIGBUS, told);
	ASSERT_EQ(0, madvise(bad, PAGE, MADV_HWPOISON));
	EXPECT_EQ(PAGES - 1, mem_move_pages(&self->mem, 1, false));
	EXPECT_GT(0, node_of(bad));
	EXPECT_EQ(0, wrong_words(self));
}

/* Soft offlining is a migration by itself, of a page that still works. */
TEST_F_TIMEOUT(poison, soft_offline, LIMIT)
{
	char *soft = self->mem.addr + BAD * PAGE;
	uint64_t pfn = pfn_of(soft);

	ASSERT_EQ(0, madvise(soft, PAGE, MADV_SOFT_OFFLINE));
	EXPECT_NE(pfn, pfn_of(soft));
	EXPECT_EQ(0, mem_check(&self->mem));
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, self->counts.reason[MGX_REASON_MEMORY_FAILURE]);
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, 1, false));
	EXPECT_EQ(0, mem_check(&self->mem));
}

TEST_HARNESS_MAIN
