// SPDX-License-Identifier: GPL-2.0-only
/*
 * unhook.c - a policy is gone, and the contexts are, only when no migration
 * uses them any more; then no function is hooked.
 *
 * kselftest-timeout: 300
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "window.h"

#define PAGE	4096UL
#define LIMIT	120 /* seconds, on a busy machine */
#define PAGES	8
#define A_WHILE (2000 * 1000)

FIXTURE(unhook)
{
	struct policy policy;
	struct policy next;
	struct window *window;
	struct directed directed;
	struct mem mem;
	pthread_t mover;
	pthread_t ender;
	atomic_int ended;
	ssize_t there;
};

typedef FIXTURE_DATA(unhook) unhook_t;

FIXTURE_SETUP(unhook)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, directed_open(&self->directed));
	ASSERT_EQ(0, window_start(&self->policy, &self->window));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * PAGE, 0));
}

FIXTURE_TEARDOWN(unhook)
{
	window_stop(&self->policy, self->window);
	policy_close(&self->next);
	directed_close(&self->directed);
	mem_free(&self->mem);
	setting_restore();
}

static void *mover_main(void *arg)
{
	unhook_t *self = arg;

	self->there = mem_move_pages(&self->mem, 1, false);
	return NULL;
}

static void *detach_main(void *arg)
{
	unhook_t *self = arg;

	policy_detach(&self->policy);
	atomic_store(&self->ended, 1);
	return NULL;
}

static void *swap_main(void *arg)
{
	unhook_t *self = arg;

	policy_swap(&self->policy, &self->next);
	atomic_store(&self->ended, 1);
	return NULL;
}

static void in_window(struct __test_metadata *_metadata, unhook_t *self,
		      void *(*end)(void *))
{
	window_arm(self->window, true);
	ASSERT_EQ(0, aside_start(&self->mover, mover_main, self));
	ASSERT_TRUE(window_wait(self->window));
	ASSERT_EQ(0, pthread_create(&self->ender, NULL, end, self));
	usleep(A_WHILE);
	EXPECT_EQ(0, atomic_load(&self->ended));
	EXPECT_EQ(-EAGAIN, module_remove_now());
	window_close(self->window);
	pthread_join(self->mover, NULL);
	pthread_join(self->ender, NULL);
	EXPECT_EQ(0, self->window->expired);
	EXPECT_EQ(PAGES, self->there);
	EXPECT_EQ(0, mem_check(&self->mem));
}

/* The member that runs belongs to the policy that goes. */
TEST_F_TIMEOUT(unhook, detach_waits_for_a_member, LIMIT)
{
	in_window(_metadata, self, detach_main);
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

TEST_F_TIMEOUT(unhook, swap_waits_for_a_member, LIMIT)
{
	ASSERT_EQ(0, policy_open(&self->next, "mgx_cpu"));
	ASSERT_EQ(0, policy_load(&self->next));
	in_window(_metadata, self, swap_main);
	EXPECT_TRUE(mgx_is("ops", "mgx_cpu"));
}

/* --- a call that begins when the policy is on its way out ----------------------- */

static void *directed_main(void *arg)
{
	unhook_t *self = arg;

	self->there = directed_run(&self->directed);
	return NULL;
}

/*
 * Nobody waits for it any more but who frees the contexts. exit() keeps a CPU
 * to itself, whichever it is.
 */
TEST_F_TIMEOUT(unhook, contexts_wait_for_a_call, LIMIT)
{
	int file = directed_file(&self->directed, MGXT_FILE_WAIT, 1);

	ASSERT_LE(0, file);
	directed_add(&self->directed, file, 0, 0);
	self->directed.call.flags = MGXT_DRAINED;
	window_hold_exit(self->window, true);
	ASSERT_EQ(0, pthread_create(&self->ender, NULL, detach_main, self));
	ASSERT_TRUE(window_wait_exit(self->window));
	ASSERT_EQ(0, pthread_create(&self->mover, NULL, directed_main, self));
	ASSERT_EQ(0, ioctl(self->directed.dev, MGXT_ARRIVED));
	window_hold_exit(self->window, false);
	usleep(A_WHILE);
	EXPECT_EQ(0, atomic_load(&self->ended));
	EXPECT_EQ(0, ioctl(self->directed.dev, MGXT_GO));
	pthread_join(self->mover, NULL);
	pthread_join(self->ender, NULL);
	EXPECT_EQ(0, self->there);
	EXPECT_EQ(1, self->directed.folio[0].node);
	EXPECT_TRUE(mgx_is("hooks", "idle"));
	close(file);
}

/* --- nobody pays for a policy that is not there (rule 10) ------------------------- */

static bool hooked(const char *function)
{
	char line[64];

	snprintf(line, sizeof(line), "%s (", function);
	return file_has("/sys/kernel/tracing/enabled_functions", line);
}

TEST(nothing_is_hooked)
{
	struct policy policy;

	ASSERT_EQ(0, policy_start(&policy, "mgx_cpu"));
	EXPECT_TRUE(hooked("migrate_pages"));
	EXPECT_TRUE(hooked("folio_mc_copy"));
	EXPECT_TRUE(mgx_is("hooked", "3"));
	policy_close(&policy);
	ASSERT_TRUE(mgx_wait("hooks", "idle", 5000));
	/* They stay for a second, if another policy should come. */
	EXPECT_TRUE(mgx_wait("hooked", "0", 6000));
	EXPECT_FALSE(hooked("migrate_pages"));
	EXPECT_FALSE(hooked("folio_mc_copy"));
	EXPECT_FALSE(hooked("memfd_pin_folios"));
}

TEST_HARNESS_MAIN
