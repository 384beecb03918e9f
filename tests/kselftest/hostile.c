// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile.c - a policy that means no good, on engines of which one is dead and
 * one fails, while channels come and go and policies are swapped: every byte of
 * the memory that is migrated all the time is verified, and nothing but the
 * policy suffers.
 *
 * MGX_HOSTILE_SECONDS=600 build/kselftest/hostile is the long run.
 *
 * kselftest-timeout: 900
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define SECONDS	   6
#define MOST	   3600 /* seconds */
#define PATIENCE   60	/* seconds more, for what chance has not brought */
#define DEADLINE   200	/* milliseconds: dead engines are given up soon */
#define ROUND_US   20000
#define DUMP_EVERY 16
#define SWAP_EVERY 8
#define LEAST	   20 /* base pages that the load has moved at least */

FIXTURE(hostile)
{
	struct sims sims;
	struct policy policy;
	struct policy other;
	struct load *load;
	struct counts counts;
	bool in_charge;
};

typedef FIXTURE_DATA(hostile) hostile_t;

/* Slot 0 is well, 1 fails, 2 loses interrupts. */
FIXTURE_SETUP(hostile)
{
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(DEADLINE));
	ASSERT_EQ(0, sims_start(&self->sims, 3, false));
	ASSERT_EQ(0, sim_set(1, "repeat", 1));
	ASSERT_EQ(0, sim_set(1, "faults/error", 3));
	ASSERT_EQ(0, sim_set(2, "repeat", 1));
	ASSERT_EQ(0, sim_set(2, "faults/drop_irq", 7));
	ASSERT_EQ(0, policy_open(&self->policy, "t_hostile"));
	ASSERT_EQ(0, policy_load(&self->policy));
	ASSERT_EQ(0, policy_open(&self->other, "mgx_cpu"));
	ASSERT_EQ(0, policy_load(&self->other));
	ASSERT_EQ(0, counts_read(&self->counts));
	ASSERT_EQ(0, policy_attach(&self->policy));
	self->in_charge = true;
	self->load = load_start(2, KIB(256));
	ASSERT_NE(NULL, self->load);
}

FIXTURE_TEARDOWN(hostile)
{
	policy_close(&self->policy);
	policy_close(&self->other);
	EXPECT_EQ(0, sims_stop());
	setting_restore();
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

static unsigned int seconds(void)
{
	const char *text = getenv("MGX_HOSTILE_SECONDS");
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n && n <= MOST ? n : SECONDS;
}

static void swap(struct __test_metadata *_metadata, hostile_t *self)
{
	struct policy *from = self->in_charge ? &self->policy : &self->other;
	struct policy *to = self->in_charge ? &self->other : &self->policy;

	ASSERT_EQ(0, policy_swap(from, to));
	self->in_charge = !self->in_charge;
}

static void dump(void)
{
	static char text[MGX_DUMP_MAX];
	size_t i, n;
	FILE *f = fopen("/sys/kernel/migrate_ext/dump", "r");

	n = f ? fread(text, 1, sizeof(text), f) : 0;
	if (f)
		fclose(f);
	for (i = 0; i < n; i++)
		if (text[i] != '\n' && (text[i] < ' ' || text[i] > '~'))
			note("the dump has a character %d", text[i]);
}

/* One thing after the other that an operator may do meanwhile. */
static void disturb(struct __test_metadata *_metadata, hostile_t *self,
		    unsigned int round)
{
	int id = self->sims.id[round % self->sims.nr];

	channel_set(id, "state", "offline");
	usleep(ROUND_US);
	channel_set(id, "state", "up"); /* refused while it owes an answer */
	if (round % DUMP_EVERY == 0)
		dump();
	if (round % SWAP_EVERY == 0)
		swap(_metadata, self);
	usleep(ROUND_US);
}

/*
 * The policy means no good by chance: on a busy host a load has so few calls in
 * SECONDS that one kind of it may be missing.
 */
static bool all_refused(const hostile_t *self)
{
	struct counts c = self->counts;

	return !counts_since(&c) && EV(&c, kfunc_misuse) &&
	       EV(&c, submit_refused) && EV(&c, submit_clamped) &&
	       EV(&c, chunk_clamped) && EV(&c, limit_refused);
}

static bool goes_on(const hostile_t *self, time_t end)
{
	time_t now = time(NULL);

	return now < end || (now < end + PATIENCE && !all_refused(self));
}

TEST_F_TIMEOUT(hostile, loses_nothing, MOST)
{
	time_t end = time(NULL) + seconds();
	unsigned int round;
	uint64_t moved;

	for (round = 0; goes_on(self, end) && __test_passed(_metadata); round++)
		disturb(_metadata, self, round);
	moved = load_moved(self->load);
	note("%u rounds, %llu pages moved", round, (unsigned long long)moved);
	EXPECT_LT(LEAST, moved);
	EXPECT_EQ(0, load_stop(self->load));
	EXPECT_TRUE(mgx_is("state", "active"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, kfunc_misuse));
	EXPECT_LT(0, EV(&self->counts, submit_refused));
	EXPECT_LT(0, EV(&self->counts, submit_clamped));
	EXPECT_LT(0, EV(&self->counts, chunk_clamped));
	EXPECT_LT(0, EV(&self->counts, limit_refused));
	EXPECT_LT(0, EV(&self->counts, policy_swapped));
	EXPECT_LE(EV(&self->counts, pages_used),
		  EV(&self->counts, pages_copied));
	EXPECT_EQ(0, EV(&self->counts, bad_reports));
	EXPECT_EQ(0, EV(&self->counts, policy_ejected));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

/* It takes longer than it may, and is ended; what it began is finished. */
TEST_F_TIMEOUT(hostile, is_ended_when_due, 300)
{
	struct policy short_tempered;

	if (self->in_charge)
		policy_detach(&self->policy);
	ASSERT_EQ(0, policy_open(&short_tempered, "t_hostile"));
	ASSERT_EQ(0, policy_ops_set(&short_tempered, "timeout_ms", 1));
	ASSERT_EQ(0, policy_load(&short_tempered));
	ASSERT_EQ(0, policy_attach(&short_tempered));
	EXPECT_TRUE(mgx_wait("state", "ejected", 120000));
	EXPECT_TRUE(mgx_wait("hooks", "idle", 30000));
	EXPECT_TRUE(mgx_is("exit/kind", "error_stall"));
	EXPECT_EQ(0, load_stop(self->load));
	policy_close(&short_tempered);
}

TEST_HARNESS_MAIN
