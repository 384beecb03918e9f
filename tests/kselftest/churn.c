// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn.c - while memory is migrated all the time, everything that copies comes
 * and goes: channels, engines, their driver, helper threads, CPUs, policies, and
 * memory too; all tasks freeze, as before the machine sleeps. No byte is lost, and
 * in the end everything is at rest.
 *
 * A random walk: for some seconds, or MGX_STEPS steps; MGX_SEED is where it
 * begins, and each run says what its was.
 *
 * kselftest-timeout: 240
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define LIMIT	7200
#define SECONDS 20
#define ENGINES 3
#define WAIT_MS 30000
#define LAST_ID (2 + 2 * ENGINES)

FIXTURE(churn)
{
	struct sims sims;
	struct load *load;
	struct policy policy[2]; /* one of them is attached */
	int attached;
	struct counts counts;
	unsigned int times[16];
	int block;   /* of memory, that can be taken out */
	size_t busy; /* times that it could not */
};

typedef FIXTURE_DATA(churn) churn_t;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int load_policy(churn_t *self, int i)
{
	const struct roundrobin r = {
		.first = 1,
		.last = LAST_ID,
		.width = 4,
		.chunk = KIB(16),
	};

	if (!i)
		return roundrobin_load(&self->policy[0], &r);
	return policy_open(&self->policy[1], "mgx_cpu") ?:
		       policy_load(&self->policy[1]);
}

/* A kernel that never sleeps has no such file, and need not be asked. */
static int power_set(const char *path, const char *value)
{
	int rc = file_write(path, value);

	return rc == -ENOENT ? 0 : rc;
}

#define PM_TEST	   "/sys/power/pm_test"
#define PM_SECONDS "/sys/module/suspend/parameters/pm_test_delay"

FIXTURE_SETUP(churn)
{
	self->block = mem_block_movable();
	ASSERT_LT(0, self->block);
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, power_set(PM_TEST, "freezer"));
	ASSERT_EQ(0, power_set(PM_SECONDS, "0"));
	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, true));
	ASSERT_EQ(0, load_policy(self, 0));
	ASSERT_EQ(0, load_policy(self, 1));
	ASSERT_EQ(0, policy_attach(&self->policy[0]));
	ASSERT_EQ(0, counts_read(&self->counts));
	self->load = load_start(3, KIB(512));
	ASSERT_NE(NULL, self->load);
}

FIXTURE_TEARDOWN(churn)
{
	policy_close(&self->policy[0]);
	policy_close(&self->policy[1]);
	EXPECT_EQ(0, sims_stop());
	EXPECT_EQ(0, file_write("/sys/devices/system/cpu/cpu1/online", "1"));
	EXPECT_EQ(0, file_write("/sys/devices/system/cpu/cpu3/online", "1"));
	EXPECT_EQ(0, helpers_reset());
	EXPECT_EQ(0, power_set(PM_TEST, "none"));
	EXPECT_EQ(0, power_set(PM_SECONDS, "5"));
	mem_block_set(self->block, "offline");
	mem_block_set(self->block, "online");
	setting_restore();
}

/* --- what comes and goes: 0, or an errno that must not be ----------------------- */

static int channel_out_or_in(churn_t *self)
{
	int id = 1 + random() % LAST_ID;
	int rc = channel_set(id, "state", random() % 2 ? "up" : "offline");

	/* There may be none, or it holds what it was given. */
	return rc == -ENOENT || rc == -EBUSY || rc == -ENODEV ? 0 : rc;
}

static int engine_out_or_in(churn_t *self)
{
	int slot = random() % ENGINES;
	int rc = sim_set(slot, "present", random() % 2);

	return rc == -EBUSY ? 0 : rc;
}

static int driver_out_and_in(churn_t *self)
{
	int rc = sims_stop();

	return rc ?: sims_start(&self->sims, ENGINES, random() % 2);
}

static int dma_out_or_in(churn_t *self)
{
	return file_write(MGX_PARAM "dmaengine", random() % 2 ? "1" : "0");
}

static int threads_change(churn_t *self)
{
	static const char *const value[] = { "0", "1", "2", "3" };

	return file_write(MGX_PARAM "cpu_threads", value[random() % 4]);
}

static int cpu_out_or_in(churn_t *self)
{
	const char *cpu = random() % 2 ? "/sys/devices/system/cpu/cpu1/online" :
					 "/sys/devices/system/cpu/cpu3/online";

	return file_write(cpu, random() % 2 ? "0" : "1");
}

/* What is in it has to go to the other blocks; that may fail, the kernel says. */
static int memory_out_or_in(churn_t *self)
{
	int rc = mem_block_set(self->block,
			       random() % 2 ? "offline" : "online_movable");

	self->busy += rc == -EBUSY;
	return rc == -EBUSY || rc == -EINVAL ? 0 : rc;
}

static int policy_swap_them(churn_t *self)
{
	int to = !self->attached;
	int rc = policy_swap(&self->policy[self->attached], &self->policy[to]);

	self->attached = rc ? self->attached : to;
	return rc;
}

static int engine_fails(churn_t *self)
{
	int slot = random() % ENGINES;
	int rc = sim_set(slot,
			 random() % 2 ? "faults/error" : "faults/drop_irq",
			 1 + random() % 20);

	return rc == -ENOENT ? 0 : rc;
}

/* All that runs is frozen and thawed again; the devices of the lab cannot sleep. */
static int tasks_freeze(churn_t *self)
{
	int rc;

	if (access(PM_TEST, F_OK))
		return 0; /* it would sleep */
	rc = power_set("/sys/power/state", "freeze");
	return rc == -EBUSY ? 0 : rc;
}

static const struct {
	const char *name;
	int (*act)(churn_t *self);
	unsigned int weight;
} acts[] = {
	{ "channels", channel_out_or_in, 8 },
	{ "engines", engine_out_or_in, 3 },
	{ "drivers", driver_out_and_in, 1 },
	{ "dmaengine", dma_out_or_in, 2 },
	{ "threads", threads_change, 3 },
	{ "CPUs", cpu_out_or_in, 1 },
	{ "memory", memory_out_or_in, 1 },
	{ "policies", policy_swap_them, 4 },
	{ "faults", engine_fails, 4 },
	{ "frozen", tasks_freeze, 1 },
};

static size_t pick(void)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < ARRAY_LEN(acts); i++)
		sum += acts[i].weight;
	at = random() % sum;
	for (i = 0; at >= acts[i].weight; i++)
		at -= acts[i].weight;
	return i;
}

static void churn(struct __test_metadata *_metadata, churn_t *self)
{
	const char *steps = getenv("MGX_STEPS");
	double end = steps ? 1e18 : now() + SECONDS;
	int done, most = steps ? atoi(steps) : INT_MAX;
	size_t i;

	for (done = 0; done < most && now() < end; done++) {
		i = pick();
		ASSERT_EQ(0, acts[i].act(self))
		note("%s", acts[i].name);
		self->times[i]++;
		usleep(random() % 40000);
	}
	for (i = 0; i < ARRAY_LEN(acts); i++)
		note("%s: %u times", acts[i].name, self->times[i]);
	note("%d steps; memory was busy %zu times", done, self->busy);
}

/* Nothing is in flight, held, or lost. */
static void expect_at_rest(struct __test_metadata *_metadata, churn_t *self)
{
	const struct counts *c = &self->counts;
	int id;

	for (id = 1; id < MGX_MAX_CHANNELS; id++)
		if (channel_get(id, "inflight") >= 0)
			EXPECT_TRUE(channel_wait(id, "inflight", "0", WAIT_MS));
	ASSERT_EQ(0, counts_since(&self->counts));
	counts_print(c);
	EXPECT_LT(0, EV(c, pages_used));
	EXPECT_EQ(0, EV(c, bad_reports));
	EXPECT_EQ(0, EV(c, limbo_leaked));
	EXPECT_EQ(0, EV(c, poison));
	EXPECT_EQ(0, EV(c, policy_ejected));
	EXPECT_LE(EV(c, folios_limbo), EV(c, limbo_released));
	EXPECT_LE(EV(c, pages_used), EV(c, pages_copied));
}

TEST_F_TIMEOUT(churn, all_of_it, LIMIT)
{
	const char *given = getenv("MGX_SEED");
	unsigned int seed = given ? atoi(given) : (int)time(NULL);
	uint64_t moved;

	note("seed %u", seed);
	srandom(seed);
	churn(_metadata, self);
	moved = load_moved(self->load);
	EXPECT_EQ(0, load_stop(self->load));
	note("%llu pages moved", (unsigned long long)moved);
	EXPECT_LT(1000, moved);
	policy_close(&self->policy[0]);
	policy_close(&self->policy[1]);
	EXPECT_TRUE(mgx_wait("state", "none", WAIT_MS));
	EXPECT_TRUE(mgx_wait("hooks", "idle", WAIT_MS));
	expect_at_rest(_metadata, self);
}

TEST_HARNESS_MAIN
