// SPDX-License-Identifier: GPL-2.0-only
/*
 * schedule.c - a batch takes as long as list scheduling says, whatever the
 * channels' speeds are, and a channel that is dead costs its own pieces only.
 *
 * The engines are slow, so that a piece takes many times what waking up a
 * thread takes: their own clock is exact, an emulated machine's scheduler is
 * not. What is measured is compared with a simulated schedule, made of the
 * engines' bandwidths and of the calling CPU's measured time per piece: list
 * scheduling, whoever is idle takes the next piece. Of several batches the best
 * one counts: a busy machine can make a batch longer, but none shorter. Where the
 * best is still too long there are more of them.
 *
 * kselftest-timeout: 180
 */
#include <math.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "mgx_policy.h"

#define LIMIT	 60
#define LEN	 MIB(2)
#define CHUNK	 KIB(64)
#define PIECES	 (LEN / CHUNK)
#define DEPTH	 2 /* jobs of one call that a channel has at once */
#define ROUNDS	 7
#define MOST	 60 /* while the best is not good enough */
#define SLACK_MS 12 /* waking up the thread, and the call */
#define MS	 1000000ULL
#define SLOW_NS	 (500 * MS) /* more than what a busy machine may sleep */

FIXTURE(schedule)
{
	struct sims sims;
	struct policy policy;
	struct mem mem;
	double cpu; /* ms per piece */
};

typedef FIXTURE_DATA(schedule) schedule_t;

FIXTURE_SETUP(schedule)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&self->sims, 3, false));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, LEN, 0));
}

FIXTURE_TEARDOWN(schedule)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

static double ms_per_piece(unsigned int mbps)
{
	return CHUNK / 1000.0 / mbps;
}

/* One move, one batch: what it took, ms; the memory is on the other node then. */
static double batch_ms(struct __test_metadata *_metadata, schedule_t *self)
{
	struct mgx_policy_stat before, after;
	int node = !node_of(self->mem.addr);

	EXPECT_EQ(0, policy_stat(&self->policy, MGX_REASON_SYSCALL, &before));
	EXPECT_LE(0, mem_move_pages(&self->mem, node, false));
	EXPECT_EQ(0, policy_stat(&self->policy, MGX_REASON_SYSCALL, &after));
	EXPECT_EQ(0, mem_check(&self->mem));
	if (after.batches - before.batches != 1)
		return 1e9; /* somebody looked at a page: not one batch */
	return (double)(after.ns - before.ns) / MS;
}

/* The best of ROUNDS, or of up to MOST until one is no longer than @goal. */
static double best_ms(struct __test_metadata *_metadata, schedule_t *self,
		      double goal)
{
	double best = 1e9;
	int i;

	for (i = 0; i < ROUNDS || (i < MOST && best > goal); i++) {
		double ms = batch_ms(_metadata, self);

		best = ms < best ? ms : best;
	}
	return best;
}

static void start(struct __test_metadata *_metadata, schedule_t *self,
		  unsigned int engines, bool free_cpu)
{
	const struct roundrobin r = {
		.first = self->sims.id[0],
		.last = self->sims.id[engines - 1],
		.width = engines,
		.chunk = CHUNK,
		.free_cpu = free_cpu,
	};

	ASSERT_EQ(0, roundrobin_start(&self->policy, &r));
}

/* What the calling CPU alone takes for a piece. */
static void measure_cpu(struct __test_metadata *_metadata, schedule_t *self)
{
	ASSERT_EQ(0, policy_start(&self->policy, "mgx_cpu"));
	self->cpu = best_ms(_metadata, self, INFINITY) / PIECES;
	policy_close(&self->policy);
}

/**
 * struct worker - a channel in the simulated schedule
 * @piece: ms
 * @depth: pieces it takes in advance
 * @next: when it is done with the first of them
 * @held: how many it has
 */
struct worker {
	double piece;
	unsigned int depth;
	double next;
	unsigned int held;
};

static struct worker *next_done(struct worker *w, unsigned int nr)
{
	struct worker *first = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (w[i].held && (!first || w[i].next < first->next))
			first = &w[i];
	return first;
}

/* Greedy: whoever has room takes the next piece. */
static double simulate(struct worker *w, unsigned int nr)
{
	unsigned int left = PIECES, i;
	struct worker *done;
	double end = 0;

	for (i = 0; i < nr; i++) {
		w[i].held = w[i].depth < left ? w[i].depth : left;
		w[i].next = w[i].piece;
		left -= w[i].held;
	}
	while ((done = next_done(w, nr))) {
		end = done->next;
		done->next += done->piece;
		if (left)
			left--;
		else
			done->held--;
	}
	return end;
}

static void expect_within(struct __test_metadata *_metadata, schedule_t *self,
			  double ideal, double piece)
{
	double goal = ideal + piece + SLACK_MS;
	double best = best_ms(_metadata, self, goal);

	note("%.1f ms, by simulation %.1f ms, slowest piece %.1f ms, %.2f ms by CPU",
	     best, ideal, piece, self->cpu);
	EXPECT_LE(best, goal);
	/* Faster than can be: the measurement is wrong. */
	EXPECT_LE(ideal - piece - SLACK_MS, best);
}

/* One is four times as fast as the other. */
TEST_F_TIMEOUT(schedule, slow_and_fast, LIMIT)
{
	struct worker w[] = { { ms_per_piece(2), 1, 0, 0 },
			      { ms_per_piece(8), 1, 0, 0 } };
	double halves = ms_per_piece(2) * PIECES / 2;

	ASSERT_EQ(0, sim_set(0, "mbps", 2));
	ASSERT_EQ(0, sim_set(1, "mbps", 8));
	start(_metadata, self, 2, true);
	expect_within(_metadata, self, simulate(w, 2), ms_per_piece(2));
	/* Not as long as it would be if half of it were given to each. */
	EXPECT_LT(best_ms(_metadata, self, halves * 0.75), halves * 0.75);
}

/*
 * The same with the calling CPU, which is faster by far. It does not wait for a
 * whole piece of a slow engine once it is known how slow that is.
 */
TEST_F_TIMEOUT(schedule, with_cpu, LIMIT)
{
	double best, goal;

	measure_cpu(_metadata, self);
	ASSERT_EQ(0, sim_set(0, "mbps", 2));
	ASSERT_EQ(0, sim_set(1, "mbps", 8));
	start(_metadata, self, 2, false);
	goal = self->cpu * PIECES + ms_per_piece(2) / 2;
	best = best_ms(_metadata, self, goal);
	note("%.1f ms, a slow piece is %.1f ms, by CPU alone %.1f ms", best,
	     ms_per_piece(2), self->cpu * PIECES);
	EXPECT_LE(best, goal);
	EXPECT_LT(0, channel_get(self->sims.id[0], "bytes"));
	EXPECT_LT(0, channel_get(self->sims.id[1], "bytes"));
}

/*
 * An engine that nobody knows yet is asked for one piece beside the calling CPU,
 * which does the rest meanwhile: a second piece would have to be waited for.
 */
TEST_F_TIMEOUT(schedule, one_beside_cpu, LIMIT)
{
	struct mgx_policy_stat stat;
	uint64_t before;

	ASSERT_EQ(0, sim_set(0, "latency_ns", SLOW_NS));
	before = channel_get(self->sims.id[0], "bytes");
	start(_metadata, self, 1, false);
	EXPECT_LE(0, mem_move_pages(&self->mem, 1, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, policy_stat(&self->policy, MGX_REASON_SYSCALL, &stat));
	before = channel_get(self->sims.id[0], "bytes") - before;
	EXPECT_LT(0, before);
	EXPECT_LE(before, CHUNK * stat.batches);
}

/*
 * An engine that is known to be slow copies what it was promised all the same,
 * when the CPU has done its own half.
 */
TEST_F_TIMEOUT(schedule, promised, LIMIT)
{
	uint64_t before;
	struct counts c;

	ASSERT_EQ(0, sim_set(0, "mbps", 20));
	ASSERT_EQ(0, policy_open(&self->policy, "t_half"));
	ASSERT_EQ(0, policy_set(&self->policy, "other", self->sims.id[0]));
	ASSERT_EQ(0, policy_load(&self->policy));
	ASSERT_EQ(0, policy_attach(&self->policy));
	EXPECT_LE(0, mem_move_pages(&self->mem, 1, false));
	before = channel_get(self->sims.id[0], "bytes");
	EXPECT_LT(0, before);
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_LE(0, mem_move_pages(&self->mem, 0, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_LE(EV(&c, pages_batched) * 9 / 10, EV(&c, pages_copied));
	EXPECT_LE(EV(&c, pages_batched) * 4096 * 4 / 10,
		  channel_get(self->sims.id[0], "bytes") - before);
}

/* As many pieces as engines: each copies one, and none waits behind another. */
TEST_F_TIMEOUT(schedule, one_each, LIMIT)
{
	uint64_t before[2];
	unsigned int i;
	struct mem m;

	ASSERT_EQ(0, mem_make(&m, MEM_ANON, 2 * CHUNK, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, sim_set(i, "latency_ns", SLOW_NS));
		before[i] = channel_get(self->sims.id[i], "bytes");
	}
	start(_metadata, self, 2, true);
	EXPECT_EQ(2 * CHUNK / 4096, mem_move_pages(&m, 1, false));
	EXPECT_EQ(0, mem_check(&m));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(CHUNK,
			  channel_get(self->sims.id[i], "bytes") - before[i]);
	mem_free(&m);
}

/* An engine that is busy with somebody else for half of the time. */
TEST_F_TIMEOUT(schedule, other_user, LIMIT)
{
	double alone;

	ASSERT_EQ(0, sim_set(0, "mbps", 8));
	start(_metadata, self, 1, true);
	alone = best_ms(_metadata, self, INFINITY);
	ASSERT_EQ(0, sim_set(0, "other_bytes", CHUNK));
	ASSERT_EQ(0, sim_set(0, "other_us", 2000 * ms_per_piece(8)));
	EXPECT_LT(alone * 1.5, best_ms(_metadata, self, INFINITY));
}

/*
 * A third one is dead. It costs the first batch its deadline, no more, and
 * those behind it nothing, until it is asked again.
 */
TEST_F_TIMEOUT(schedule, and_dead, LIMIT)
{
	struct worker w[] = { { ms_per_piece(2), 1, 0, 0 },
			      { ms_per_piece(8), 1, 0, 0 } };
	double first, ideal = simulate(w, 2);
	struct counts c;

	ASSERT_EQ(0, sim_set(0, "mbps", 2));
	ASSERT_EQ(0, sim_set(1, "mbps", 8));
	ASSERT_EQ(0, sim_set(2, "late_ms", 60000));
	ASSERT_EQ(0, sim_set(2, "faults/late", 1));
	ASSERT_EQ(0, deadline_set(4000));
	start(_metadata, self, 3, true);
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_LE(0, mem_move_pages(&self->mem, 1, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&c));
	/* Its pages stay until it can be reset. */
	mem_free(&self->mem);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, LEN, 1));
	EXPECT_EQ(1, EV(&c, channel_failed));
	EXPECT_EQ(DEPTH * CHUNK / 4096, EV(&c, folios_limbo));
	first = ms_per_piece(2);
	expect_within(_metadata, self, ideal, first);
	EXPECT_TRUE(channel_is(self->sims.id[2], "state", "failed"));
}

TEST_HARNESS_MAIN
