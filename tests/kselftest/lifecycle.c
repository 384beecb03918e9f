// SPDX-License-Identifier: GPL-2.0-only
/*
 * lifecycle.c - the module and its policies come and go, in good order and
 * not, while memory is migrated all the time. Every byte of it is verified.
 *
 * kselftest-timeout: 2400
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "lib/patience.h"

#define RELOADS	    200
#define WITH_POLICY 5 /* every 5th time a policy is attached, and works */
#define SWAPS	    1000
#define WORK	    50 /* every 50th time the first policy is swapped later */
#define KILLS	    20

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

FIXTURE(life)
{
	struct load *load;
	struct counts counts;
	double start;
};

FIXTURE_SETUP(life)
{
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, counts_read(&self->counts));
	self->load = load_start(2, KIB(256));
	ASSERT_NE(NULL, self->load);
	self->start = now();
}

FIXTURE_TEARDOWN(life)
{
	setting_restore();
}

typedef FIXTURE_DATA(life) life_t;

static void expect_idle(struct __test_metadata *_metadata)
{
	EXPECT_TRUE(mgx_wait("state", "none", 5000));
	EXPECT_TRUE(mgx_wait("hooks", "idle", 5000));
	EXPECT_TRUE(mgx_is("ops", ""));
}

/* The load has moved all the time, the policies have copied, nothing is wrong. */
static void expect_end(struct __test_metadata *_metadata, life_t *self,
		       const char *what, int times)
{
	double seconds = now() - self->start;
	uint64_t moved = load_moved(self->load);

	note("%d %s in %.1f s, %llu pages moved", times, what, seconds,
	     (unsigned long long)moved);
	EXPECT_LT((uint64_t)times, moved);
	EXPECT_EQ(0, load_stop(self->load));
	expect_idle(_metadata);
}

static void expect_events(struct __test_metadata *_metadata,
			  const struct counts *c)
{
	EXPECT_LT(0, EV(c, pages_used));
	EXPECT_LE(EV(c, pages_used), EV(c, pages_copied));
	EXPECT_LE(EV(c, pages_copied), EV(c, pages_batched));
	EXPECT_EQ(0, EV(c, policy_ejected));
	EXPECT_EQ(0, EV(c, poison));
	if (!__test_passed(_metadata))
		counts_print(c);
}

/* Until a policy has copied more pages than @used, which is 0 in a new module. */
static bool wait_used(uint64_t used)
{
	struct counts c;
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (counts_read(&c))
			return false;
		if (EV(&c, pages_used) > used)
			return true;
		usleep(10000);
	}
	return false;
}

/* By itself a policy that is swapped at once may have had nothing to do. */
static bool wait_work(void)
{
	struct counts c;

	return !counts_read(&c) && wait_used(EV(&c, pages_used));
}

/* @work: the first policy copies something before it is swapped. */
static int attach_swap_detach(struct policy *cpu, struct policy *noop,
			      bool work)
{
	int rc = policy_attach(cpu);

	if (rc)
		return rc;
	if (work && !wait_work())
		rc = -ETIME;
	rc = rc ?: policy_swap(cpu, noop);
	policy_detach(rc ? cpu : noop);
	return rc;
}

TEST_F_TIMEOUT(life, policies, 1200)
{
	const int swaps = patience_times(SWAPS);
	struct policy cpu, noop;
	int i;

	ASSERT_EQ(0, policy_open(&cpu, "mgx_cpu"));
	ASSERT_EQ(0, policy_load(&cpu));
	ASSERT_EQ(0, policy_open(&noop, "mgx_noop"));
	ASSERT_EQ(0, policy_load(&noop));
	for (i = 0; i < swaps; i++)
		ASSERT_EQ(0, attach_swap_detach(&cpu, &noop, !(i % WORK)))
	note("it was the %dth time", i);
	expect_end(_metadata, self, "policies attached, swapped, detached",
		   swaps);
	ASSERT_EQ(0, counts_since(&self->counts));
	expect_events(_metadata, &self->counts);
	EXPECT_EQ(swaps, EV(&self->counts, policy_attached));
	EXPECT_EQ(swaps, EV(&self->counts, policy_swapped));
	policy_close(&cpu);
	policy_close(&noop);
}

static void work_with_policy(struct __test_metadata *_metadata)
{
	struct policy policy;
	struct counts c;

	ASSERT_EQ(0, policy_start(&policy, "mgx_cpu"));
	EXPECT_TRUE(wait_used(0));
	policy_close(&policy);
	expect_idle(_metadata);
	ASSERT_EQ(0, counts_read(&c));
	expect_events(_metadata, &c);
}

/* Files of the module, which come and go with it; @arg ends it. */
static void *reader_main(void *arg)
{
	static const char *const names[] = { "dump", "exit/dump", "stat" };
	char buf[4096];
	int i;

	for (i = 0; !atomic_load((atomic_bool *)arg); i++) {
		mgx_read(names[i % ARRAY_LEN(names)], buf, sizeof(buf));
		usleep(1000);
	}
	return NULL;
}

TEST_F_TIMEOUT(life, module, 1800)
{
	const int reloads = patience_times(RELOADS);
	atomic_bool stop = false;
	pthread_t reader;
	int i;

	ASSERT_EQ(0, pthread_create(&reader, NULL, reader_main, &stop));
	for (i = 0; i < reloads; i++) {
		ASSERT_EQ(0, module_remove());
		ASSERT_FALSE(module_loaded());
		ASSERT_EQ(0, module_insert(module_path(), ""));
		if (i % WITH_POLICY == 0)
			work_with_policy(_metadata);
		ASSERT_TRUE(__test_passed(_metadata));
	}
	atomic_store(&stop, true);
	pthread_join(reader, NULL);
	expect_end(_metadata, self, "loads and unloads", reloads);
}

/* A loader that says when its policy is attached, and then stays. */
static pid_t loader(int *attached)
{
	struct policy policy;
	int ends[2];
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		if (!policy_start(&policy, "mgx_cpu"))
			if (write(ends[1], "", 1) == 1)
				pause();
		_exit(1);
	}
	close(ends[1]);
	*attached = ends[0];
	return pid;
}

/* Every second loader dies in the midst of its work, whatever that is. */
static void kill_loader(struct __test_metadata *_metadata, int i)
{
	struct counts before;
	int attached, status;
	pid_t pid;
	char c;

	ASSERT_EQ(0, counts_read(&before));
	pid = loader(&attached);
	ASSERT_LT(0, pid);
	if (i & 1) {
		usleep(i * 20000);
	} else {
		ASSERT_EQ(1, read(attached, &c, 1));
		EXPECT_TRUE(mgx_is("state", "active"));
		EXPECT_TRUE(mgx_is("hooks", "armed"));
		/* Some at once, some when the policy has worked. */
		if (!(i & 2))
			EXPECT_TRUE(wait_used(EV(&before, pages_used)));
	}
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	close(attached);
	expect_idle(_metadata);
}

TEST_F_TIMEOUT(life, loaders_killed, 600)
{
	const int kills = patience_times(KILLS);
	int i;

	for (i = 0; i < kills; i++)
		kill_loader(_metadata, i);
	expect_end(_metadata, self, "loaders killed", kills);
	ASSERT_EQ(0, counts_since(&self->counts));
	expect_events(_metadata, &self->counts);
	EXPECT_LE(kills / 2, EV(&self->counts, policy_attached));
	EXPECT_TRUE(mgx_is("exit/kind", "unreg"));
}

TEST_HARNESS_MAIN
