// SPDX-License-Identifier: GPL-2.0-only
/*
 * helpers.c - helper threads that do not get their CPU: their jobs are given
 * up, and the threads and their channel can go all the same.
 *
 * kselftest-timeout: 120
 */
#include <errno.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	    4096UL
#define LIMIT	    100
#define LEN	    MIB(1)
#define DEADLINE_MS 50
#define WAIT_MS	    30000
#define SECONDS	    20
#define HOGS	    2 /* CPUs 2 and 3 are those of node 1 */

FIXTURE(helpers)
{
	struct policy policy;
	struct counts counts;
	struct mem mem;
	pthread_t hog[HOGS];
	atomic_bool stop;
	int id;
};

typedef FIXTURE_DATA(helpers) helpers_t;

FIXTURE_SETUP(helpers)
{
	struct roundrobin r = { .width = 1,
				.chunk = KIB(64),
				.free_cpu = true };

	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(DEADLINE_MS));
	self->id = channel_find("cpu1");
	ASSERT_LT(0, self->id);
	r.first = self->id;
	r.last = self->id;
	ASSERT_EQ(0, node_run_on(0));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, LEN, 0));
	ASSERT_EQ(0, roundrobin_start(&self->policy, &r));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(helpers)
{
	policy_close(&self->policy);
	mem_free(&self->mem);
	EXPECT_EQ(0, helpers_reset());
	setting_restore();
}

static void *hog_main(void *stop)
{
	while (!atomic_load((atomic_bool *)stop))
		;
	return NULL;
}

/* Nobody below real-time priority runs on node 1, but for a moment a second. */
static int hogs_start(helpers_t *self)
{
	const struct sched_param param = { .sched_priority = 1 };
	pthread_attr_t attr;
	cpu_set_t cpus;
	int i, rc = 0;

	for (i = 0; i < HOGS && !rc; i++) {
		CPU_ZERO(&cpus);
		CPU_SET(2 + i, &cpus);
		pthread_attr_init(&attr);
		pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &param);
		rc = -pthread_create(&self->hog[i], &attr, hog_main,
				     &self->stop);
		pthread_attr_destroy(&attr);
	}
	usleep(20000);
	return rc;
}

static void hogs_stop(helpers_t *self)
{
	int i;

	atomic_store(&self->stop, true);
	for (i = 0; i < HOGS; i++)
		pthread_join(self->hog[i], NULL);
}

/* A job is with a thread that does not run. */
static bool starve(struct __test_metadata *_metadata, helpers_t *self)
{
	time_t end = time(NULL) + SECONDS;
	int node = 0;

	while (time(NULL) < end) {
		node = !node;
		mem_move_pages(&self->mem, node, false);
		if (channel_get(self->id, "inflight"))
			return true;
		channel_wait(self->id, "state", "up", WAIT_MS);
	}
	return false;
}

static void expect_arrived(struct __test_metadata *_metadata, helpers_t *self)
{
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, folios_limbo));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_EQ(0, EV(&self->counts, limbo_leaked));
	EXPECT_EQ(0, EV(&self->counts, bad_reports));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

/* They run again, and the channel comes back. */
TEST_F_TIMEOUT(helpers, starved, LIMIT)
{
	ASSERT_EQ(0, hogs_start(self));
	EXPECT_TRUE(starve(_metadata, self));
	hogs_stop(self);
	EXPECT_TRUE(channel_wait(self->id, "state", "up", WAIT_MS));
	EXPECT_TRUE(channel_wait(self->id, "inflight", "0", WAIT_MS));
	expect_arrived(_metadata, self);
}

/* They are to end while they have jobs that were given up. */
TEST_F_TIMEOUT(helpers, ended_while_starved, LIMIT)
{
	bool held;

	ASSERT_EQ(0, hogs_start(self));
	held = starve(_metadata, self);
	EXPECT_EQ(0, file_write(MGX_PARAM "cpu_threads", "0"));
	hogs_stop(self);
	EXPECT_TRUE(held);
	EXPECT_EQ(-ENOENT, channel_find("cpu1"));
	expect_arrived(_metadata, self);
}

TEST_HARNESS_MAIN
