// SPDX-License-Identifier: GPL-2.0-only
/*
 * late.c - an engine misses its deadline, cannot be stopped, and writes long
 * after everybody has gone on. What it writes to must still be nobody's.
 *
 * Each destination that the kernel gave back would be the next memory to be
 * handed out, so the test takes a lot of memory on that node at once, by pages
 * and by folios of the same size, and looks at it after the engine has written.
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
#define DEADLINE_MS 300
#define LATE_MS	    2000
#define WAIT_MS	    30000
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

/*
 * What was just given back is in use by us, and known. The memory itself gets
 * new content: the kernel has tried again, perhaps with the same destination.
 */
static int take_memory(late_t *self, enum mem_kind kind)
{
	size_t len = kind == MEM_HUGETLB ? MIB(2) : REUSED;
	int rc = mem_make(&self->folios, kind, len, 1);

	rc = rc ?: mem_make(&self->pages, MEM_ANON, REUSED, 1);
	mem_fill(&self->mem, ~self->mem.seed);
	return rc;
}

TEST_F_TIMEOUT(late, writes_to_nobody, LIMIT)
{
	int id = self->sims.id[0];
	int64_t before;

	ASSERT_EQ(0, sim_set(0, "faults/late", 1));
	EXPECT_LE(0, mem_move_pages(&self->mem, 1, false));
	EXPECT_EQ(1, sim_get(0, "fired/late"));
	ASSERT_EQ(0, take_memory(self, variant->kind));
	before = sim_get(0, "stats/bytes");
	EXPECT_EQ(0, before)
	note("the engine was too early for this test");
	EXPECT_FALSE(channel_is(id, "state", "up"));
	/* It writes what it has, and then what it could still be asked for. */
	EXPECT_TRUE(sim_wait(0, "stats/bytes", before + 1, WAIT_MS));
	EXPECT_TRUE(channel_wait(id, "state", "up", WAIT_MS));
	EXPECT_TRUE(channel_wait(id, "inflight", "0", WAIT_MS));
	EXPECT_EQ(0, mem_check(&self->pages));
	EXPECT_EQ(0, mem_check(&self->folios));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, folios_limbo));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_LT(0, EV(&self->counts, late_jobs));
	EXPECT_EQ(0, EV(&self->counts, bad_reports));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

TEST_HARNESS_MAIN
