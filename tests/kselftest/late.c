// SPDX-License-Identifier: GPL-2.0-only
/*
 * late.c - an engine misses its deadline, cannot be stopped, and writes long
 * after everybody has gone on. What it writes to must still be nobody's.
 *
 * Each destination that the kernel gave back would be the next memory to be
 * handed out, so the test takes a lot of memory on that node at once, by pages
 * and by folios of the same size, and looks at it after the engine has written.
 * What it reads from must still be what it was, too: it does not move, and if its
 * process has freed it, it is nobody's either (KASAN would see that).
 *
 * The engine is late for as long as the test wants, however slow the machine is.
 *
 * kselftest-timeout: 240
 */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	    4096UL
#define LIMIT	    60
#define DEADLINE_MS 1000
#define LATE_MS	    600000
#define WAIT_MS	    120000
#define REUSED	    MIB(48)

FIXTURE(late)
{
	struct sims sims;
	struct policy policy;
	struct counts counts;
	struct mem mem;
	struct mem pages;
	struct mem folios;
};

FIXTURE_VARIANT(late)
{
	bool dma;
	enum mem_kind kind;
	size_t len;
};

FIXTURE_VARIANT_ADD(late, native_4k){ false, MEM_ANON, MIB(1) };
FIXTURE_VARIANT_ADD(late, native_64k){ false, MEM_MTHP, MIB(1) };
FIXTURE_VARIANT_ADD(late, native_2m){ false, MEM_THP, MIB(2) };
FIXTURE_VARIANT_ADD(late, native_hugetlb){ false, MEM_HUGETLB, MIB(2) };
FIXTURE_VARIANT_ADD(late, dma_4k){ true, MEM_ANON, MIB(1) };
FIXTURE_VARIANT_ADD(late, dma_64k){ true, MEM_MTHP, MIB(1) };
FIXTURE_VARIANT_ADD(late, dma_2m){ true, MEM_THP, MIB(2) };
FIXTURE_VARIANT_ADD(late, dma_hugetlb){ true, MEM_HUGETLB, MIB(2) };

typedef FIXTURE_DATA(late) late_t;

/* What is freed on this CPU is handed out on this CPU first. */
static int stay_on_cpu0(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

FIXTURE_SETUP(late)
{
	self->mem.fd = -1;
	self->pages.fd = -1;
	self->folios.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, stay_on_cpu0());
	ASSERT_EQ(0, deadline_set(DEADLINE_MS));
	ASSERT_EQ(0, sims_start(&self->sims, 1, variant->dma));
	ASSERT_EQ(0, sim_set(0, "late_ms", LATE_MS));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
	if (variant->kind == MEM_HUGETLB)
		ASSERT_EQ(0, hugetlb_pool(3));
	ASSERT_EQ(0, mem_make(&self->mem, variant->kind, variant->len, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(late)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	mem_free(&self->pages);
	mem_free(&self->folios);
	setting_restore();
}

/* What was just given back on @node is in use by us, and known. */
static int take_memory(late_t *self, enum mem_kind kind, int node)
{
	size_t len = kind == MEM_HUGETLB ? MIB(2) : REUSED;
	int rc = mem_make(&self->folios, kind, len, node);

	return rc ?: mem_make(&self->pages, MEM_ANON, REUSED, node);
}

/* The engine has what it was given, and does not answer. */
static void hang(struct __test_metadata *_metadata, late_t *self)
{
	ASSERT_EQ(0, sim_set(0, "faults/late", 1));
	EXPECT_LE(0, mem_move_pages(&self->mem, 1, false));
	EXPECT_EQ(1, sim_get(0, "fired/late"));
	if (self->mem.unit < MIB(2))
		self->mem.unit = PAGE; /* see channels.c */
}

/* It writes what it has, and then what it could still be asked for. */
static void awake(struct __test_metadata *_metadata, late_t *self)
{
	int id = self->sims.id[0];

	EXPECT_EQ(0, sim_get(0, "stats/bytes"));
	EXPECT_FALSE(channel_is(id, "state", "up"));
	ASSERT_EQ(0, sim_set(0, "late_ms", 1));
	EXPECT_TRUE(sim_wait(0, "stats/bytes", 1, WAIT_MS));
	EXPECT_TRUE(channel_wait(id, "state", "up", WAIT_MS));
	EXPECT_TRUE(channel_wait(id, "inflight", "0", WAIT_MS));
}

static void expect_unharmed(struct __test_metadata *_metadata, late_t *self)
{
	EXPECT_EQ(0, mem_check(&self->pages));
	EXPECT_EQ(0, mem_check(&self->folios));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, folios_limbo));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_LT(0, EV(&self->counts, late_jobs));
	EXPECT_EQ(0, EV(&self->counts, bad_reports));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

/* What has new content meanwhile keeps it, and moves when nobody reads it. */
TEST_F_TIMEOUT(late, writes_to_nobody, LIMIT)
{
	ssize_t all = variant->len / PAGE;

	hang(_metadata, self);
	ASSERT_EQ(0, take_memory(self, variant->kind, 1));
	mem_fill(&self->mem, ~self->mem.seed);
	EXPECT_GT(all, mem_move_pages(&self->mem, 1, false));
	awake(_metadata, self);
	EXPECT_EQ(0, mem_check(&self->mem));
	EXPECT_EQ(all, mem_move_all(&self->mem, 1, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	expect_unharmed(_metadata, self);
}

/* Its process has freed it: the last reference is the engine's. */
TEST_F_TIMEOUT(late, reads_from_nobody, LIMIT)
{
	hang(_metadata, self);
	mem_free(&self->mem);
	ASSERT_EQ(0, take_memory(self, variant->kind, 0));
	awake(_metadata, self);
	expect_unharmed(_metadata, self);
}

TEST_HARNESS_MAIN
