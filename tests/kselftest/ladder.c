// SPDX-License-Identifier: GPL-2.0-only
/*
 * ladder.c - each policy of the ladder, without engines and with simulated ones:
 * every byte arrives, and who copied it is as the policy promises.
 *
 * Promises are looked at in what the channels have copied, not in time, which an
 * emulated machine does not keep.
 *
 * kselftest-timeout: 480
 */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "learn.h"

#define LIMIT	60
#define LEN	MIB(2)
#define SMALL	KIB(16)
#define MANY	"slots=10 node=0,0,0,0,0,1,1,1,1,1"
#define ENGINES 4

/**
 * struct bed - what every test needs
 * @sims: the engines, if there are any
 * @policy: under test
 * @mem: of one large batch
 * @small: of one small batch
 */
struct bed {
	struct sims sims;
	struct policy policy;
	struct mem mem;
	struct mem small;
};

static void bed_make(struct __test_metadata *_metadata, struct bed *b)
{
	b->mem.fd = -1;
	b->small.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, mem_make(&b->mem, MEM_ANON, LEN, 0));
	ASSERT_EQ(0, mem_make(&b->small, MEM_ANON, SMALL, 0));
	/* Pages that a child maps too stay where they are. */
	ASSERT_EQ(0, madvise(b->mem.addr, LEN, MADV_DONTFORK));
}

static void bed_clear(struct __test_metadata *_metadata, struct bed *b)
{
	policy_close(&b->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&b->mem);
	mem_free(&b->small);
	setting_restore();
}

/* Engines, the odd ones on node 1. */
static void engines(struct __test_metadata *_metadata, struct bed *b)
{
	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_insert(module_path_of("mgx_sim"),
				   "slots=4 node=0,1,0,1"));
	b->sims = (struct sims){ .nr = ENGINES };
	ASSERT_EQ(0, sims_find(&b->sims));
}

static void speed(struct __test_metadata *_metadata, unsigned int slot,
		  unsigned int mbps)
{
	ASSERT_EQ(0, sim_set(slot, "mbps", mbps));
}

static void moves(struct __test_metadata *_metadata, struct mem *m,
		  unsigned int nr)
{
	while (nr--) {
		ASSERT_EQ((ssize_t)(m->len / 4096),
			  mem_move_all(m, !node_of(m->addr), false));
		ASSERT_EQ(0, mem_check(m));
	}
}

static uint64_t engine_bytes(const struct bed *b, unsigned int slot)
{
	return channel_get(b->sims.id[slot], "bytes");
}

static uint64_t all_engines(const struct bed *b)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < b->sims.nr; i++)
		sum += engine_bytes(b, i);
	return sum;
}

static void open_policy(struct __test_metadata *_metadata, struct bed *b,
			const char *name)
{
	ASSERT_EQ(0, policy_open(&b->policy, name));
}

static void set(struct __test_metadata *_metadata, struct bed *b,
		const char *name, uint64_t value)
{
	ASSERT_EQ(0, policy_set(&b->policy, name, value));
}

static void attach(struct __test_metadata *_metadata, struct bed *b)
{
	ASSERT_EQ(0, policy_load(&b->policy));
	ASSERT_EQ(0, policy_attach(&b->policy));
}

/* --- all of them ------------------------------------------------------------------ */

FIXTURE(ladder)
{
	struct bed b;
};

FIXTURE_SETUP(ladder)
{
	bed_make(_metadata, &self->b);
}

FIXTURE_TEARDOWN(ladder)
{
	bed_clear(_metadata, &self->b);
}

FIXTURE_VARIANT(ladder)
{
	const char *name;
};

#define LADDER(policy)                      \
	FIXTURE_VARIANT_ADD(ladder, policy) \
	{                                   \
		.name = "mgx_" #policy      \
	}

LADDER(threshold);
LADDER(nearest);
LADDER(least_loaded);
LADDER(fair);
LADDER(free_cpu);
LADDER(adaptive);

/* No engine: the calling CPU copies everything, as the policy decided. */
TEST_F_TIMEOUT(ladder, alone, LIMIT)
{
	struct counts c;

	ASSERT_EQ(0, policy_start(&self->b.policy, variant->name));
	ASSERT_EQ(0, counts_read(&c));
	moves(_metadata, &self->b.mem, 4);
	moves(_metadata, &self->b.small, 2);
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_LT(0, EV(&c, batches));
	EXPECT_EQ(EV(&c, pages_batched), EV(&c, pages_copied));
	EXPECT_EQ(0, EV(&c, submit_refused));
	EXPECT_EQ(0, EV(&c, kfunc_misuse));
	if (!__test_passed(_metadata))
		counts_print(&c);
}

/* Engines: they copy some of large batches, nothing of small ones. */
TEST_F_TIMEOUT(ladder, with_engines, LIMIT)
{
	struct counts c;
	uint64_t large;

	engines(_metadata, &self->b);
	ASSERT_EQ(0, policy_start(&self->b.policy, variant->name));
	ASSERT_EQ(0, counts_read(&c));
	moves(_metadata, &self->b.mem, 24);
	large = all_engines(&self->b);
	EXPECT_LT(0, large);
	moves(_metadata, &self->b.small, 4);
	EXPECT_EQ(large, all_engines(&self->b));
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(0, EV(&c, submit_refused));
	EXPECT_EQ(0, EV(&c, kfunc_misuse));
	EXPECT_EQ(0, EV(&c, folios_redone));
}

/* --- each of them ------------------------------------------------------------------- */

FIXTURE(promise)
{
	struct bed b;
};

FIXTURE_SETUP(promise)
{
	bed_make(_metadata, &self->b);
	engines(_metadata, &self->b);
}

FIXTURE_TEARDOWN(promise)
{
	bed_clear(_metadata, &self->b);
}

/* Only the reasons whose size is reached; here by the size itself. */
TEST_F_TIMEOUT(promise, threshold, LIMIT)
{
	struct bed *b = &self->b;
	struct mem half;

	open_policy(_metadata, b, "mgx_threshold");
	set(_metadata, b, "free_cpu", true);
	attach(_metadata, b);
	ASSERT_EQ(0, mem_make(&half, MEM_ANON, KIB(512), 0));
	moves(_metadata, &half, 2);
	EXPECT_EQ(0, all_engines(b));
	moves(_metadata, &b->mem, 2);
	EXPECT_EQ(2 * LEN, all_engines(b));
	mem_free(&half);
}

/* The engines of the destination's node, and no others, if they are enough. */
TEST_F_TIMEOUT(promise, nearest, LIMIT)
{
	struct bed *b = &self->b;

	open_policy(_metadata, b, "mgx_nearest");
	set(_metadata, b, "free_cpu", true);
	set(_metadata, b, "width", 2);
	attach(_metadata, b);
	moves(_metadata, &b->mem, 1);
	EXPECT_EQ(LEN, engine_bytes(b, 1) + engine_bytes(b, 3));
	EXPECT_EQ(0, engine_bytes(b, 0) + engine_bytes(b, 2));
	moves(_metadata, &b->mem, 1);
	EXPECT_EQ(LEN, engine_bytes(b, 0) + engine_bytes(b, 2));
}

/* A slow engine is asked once, to know that it is slow. */
TEST_F_TIMEOUT(promise, least_loaded, LIMIT)
{
	struct bed *b = &self->b;
	uint64_t first;

	speed(_metadata, 2, 4);
	open_policy(_metadata, b, "mgx_least_loaded");
	set(_metadata, b, "free_cpu", true);
	set(_metadata, b, "width", 1);
	attach(_metadata, b);
	moves(_metadata, &b->mem, 8);
	first = engine_bytes(b, 2);
	note("the slow engine has copied %llu KiB of %llu",
	     (unsigned long long)first >> 10, 8ULL * LEN >> 10);
	EXPECT_GE(2 * LEN, first);
	moves(_metadata, &b->mem, 8);
	EXPECT_EQ(first, engine_bytes(b, 2));
}

/* Runs on the caller's CPU until it is killed. */
static pid_t hog_start(int cpu)
{
	cpu_set_t one;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (;;)
		;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* While another process wants the CPU, the engines copy; else it helps. */
TEST_F_TIMEOUT(promise, free_cpu, LIMIT)
{
	uint64_t wanted, idle, before;
	struct bed *b = &self->b;
	cpu_set_t one;
	pid_t hog;

	CPU_ZERO(&one);
	CPU_SET(1, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	open_policy(_metadata, b, "mgx_free_cpu");
	set(_metadata, b, "max_slow", 1000000);
	attach(_metadata, b);
	moves(_metadata, &b->mem, 16);
	idle = policy_count(&b->policy, "free_cpu_seen", 1);
	EXPECT_LT(0, idle);
	EXPECT_EQ(0, policy_count(&b->policy, "free_cpu_seen", 2));
	hog = hog_start(1);
	ASSERT_LT(0, hog);
	wanted = policy_count(&b->policy, "free_cpu_seen", 0);
	before = all_engines(b);
	moves(_metadata, &b->mem, 8);
	wanted = policy_count(&b->policy, "free_cpu_seen", 0) - wanted;
	stop(hog);
	note("the CPU was wanted for %llu of 8 batches",
	     (unsigned long long)wanted);
	EXPECT_LE(6, wanted);
	EXPECT_LE(wanted * LEN, all_engines(b) - before);
}

/* Migrates all the time, until it is killed. */
static pid_t greedy_start(void)
{
	struct mem m;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mem_make(&m, MEM_ANON, LEN, 0))
		_exit(1);
	for (;;)
		mem_move_pages(&m, !node_of(m.addr), false);
}

/* Bytes that the engines were asked to copy for a process; or were kept from. */
static uint64_t of_user(struct bed *b, uint32_t tgid, bool refused)
{
	struct {
		uint64_t user[3];
		uint64_t granted;
		uint64_t refused;
	} value = {};
	int fd = bpf_object__find_map_fd_by_name(b->policy.obj, "fair_users");

	if (bpf_map_lookup_elem(fd, &tgid, &value))
		return 0;
	return refused ? value.refused : value.granted;
}

/*
 * One process migrates in a loop, the other now and then, less than its half of
 * what the engines can do in a window. The other always gets engines, the greedy
 * one not always.
 */
TEST_F_TIMEOUT(promise, fair, LIMIT)
{
	struct bed *b = &self->b;
	pid_t greedy;
	int i, n = 6;

	open_policy(_metadata, b, "mgx_fair");
	set(_metadata, b, "capacity_mbps", 2 * 2 * LEN / 1000000 + 1);
	set(_metadata, b, "window_us", 1000000);
	attach(_metadata, b);
	greedy = greedy_start();
	ASSERT_LT(0, greedy);
	/* On a busy machine the greedy one may take a while to ask for too much. */
	for (i = 0; i < n || (i < 4 * n && !of_user(b, greedy, true)); i++) {
		moves(_metadata, &b->mem, 1);
		usleep(1000000);
	}
	stop(greedy);
	note("greedy: granted %llu KiB, refused %llu; the other: %llu, %llu",
	     (unsigned long long)of_user(b, greedy, false) >> 10,
	     (unsigned long long)of_user(b, greedy, true) >> 10,
	     (unsigned long long)of_user(b, getpid(), false) >> 10,
	     (unsigned long long)of_user(b, getpid(), true) >> 10);
	EXPECT_LT(0, of_user(b, greedy, true));
	EXPECT_LT(0, of_user(b, greedy, false));
	EXPECT_LE(i * LEN, of_user(b, getpid(), false));
	EXPECT_EQ(0, of_user(b, getpid(), true));
}

/*
 * Engines that are slow beside the CPU are as good as not asked any more. On a
 * host that is busy the CPU is slow now and then as well, so it may take longer
 * until that is learned, and it is learned anew.
 */
TEST_F_TIMEOUT(promise, adaptive_slow, 3 * LIMIT)
{
	struct bed *b = &self->b;
	uint64_t before, asked = 16 * LEN;
	unsigned int i;

	for (i = 0; i < ENGINES; i++)
		speed(_metadata, i, 8);
	open_policy(_metadata, b, "mgx_adaptive");
	attach(_metadata, b);
	moves(_metadata, &b->mem, 64);
	EXPECT_LT(0, all_engines(b));
	for (i = 0; i < 12 && asked > 16 * LEN / 4; i++) {
		before = all_engines(b);
		moves(_metadata, &b->mem, 16);
		asked = all_engines(b) - before;
		note("%llu KiB of 16 batches by slow engines",
		     (unsigned long long)asked >> 10);
	}
	EXPECT_GE(16 * LEN / 4, asked);
}

/* An engine that hangs is asked once or twice, not with each batch. */
TEST_F_TIMEOUT(promise, adaptive_dead, LIMIT)
{
	struct bed *b = &self->b;
	struct counts c;
	int i;

	ASSERT_EQ(0, deadline_set(2000));
	ASSERT_EQ(0, sim_set(0, "repeat", 1));
	ASSERT_EQ(0, sim_set(0, "faults/stall", 1));
	open_policy(_metadata, b, "mgx_adaptive");
	attach(_metadata, b);
	ASSERT_EQ(0, counts_read(&c));
	for (i = 0; i < 64; i++) {
		/* What the engine had may have to be tried again. */
		ASSERT_LE(0, mem_move_pages(&b->mem, i % 2, false));
		ASSERT_EQ(0, mem_check(&b->mem));
	}
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_LE(1, EV(&c, channel_failed));
	EXPECT_GE(3, EV(&c, channel_failed));
}

/* How often it has begun to learn anew, all sizes together. */
static unsigned int begun_anew(struct bed *b)
{
	int fd =
		bpf_object__find_map_fd_by_name(b->policy.obj, "learn_classes");
	unsigned int sum = 0;
	struct mgx_learn l;
	__u32 class;

	for (class = 0; class < MGX_LEARN_CLASSES; class ++)
		if (!bpf_map_lookup_elem(fd, &class, &l))
			sum += l.changes;
	return sum;
}

/*
 * An engine is taken out and put back between two batches: it may be another.
 * The policy is told a little later, by a worker.
 */
TEST_F_TIMEOUT(promise, adaptive_is_told, LIMIT)
{
	struct bed *b = &self->b;
	unsigned int before;
	int i;

	open_policy(_metadata, b, "mgx_adaptive");
	attach(_metadata, b);
	moves(_metadata, &b->mem, 4);
	before = begun_anew(b);
	EXPECT_EQ(1, before);
	ASSERT_EQ(0, channel_set(b->sims.id[0], "state", "offline"));
	ASSERT_EQ(0, channel_set(b->sims.id[0], "state", "up"));
	for (i = 0; i < 20 && begun_anew(b) == before; i++) {
		moves(_metadata, &b->mem, 1);
		usleep(50000);
	}
	EXPECT_LT(before, begun_anew(b));
}

/*
 * A batch is shared among seven channels, the nearest: others on the way back than
 * on the way there. That is no change.
 */
TEST_F_TIMEOUT(promise, adaptive_many, LIMIT)
{
	struct bed *b = &self->b;

	ASSERT_EQ(0, sims_stop());
	ASSERT_EQ(0, module_insert(module_path_of("mgx_sim"), MANY));
	open_policy(_metadata, b, "mgx_adaptive");
	attach(_metadata, b);
	moves(_metadata, &b->mem, 16);
	EXPECT_EQ(1, begun_anew(b));
}

TEST_HARNESS_MAIN
