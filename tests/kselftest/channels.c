// SPDX-License-Identifier: GPL-2.0-only
/*
 * channels.c - engines that work well copy what they are given: each kind of
 * memory, by both paths, with and without the calling CPU; and all who count
 * agree: the engine, the channel, the module, the kernel.
 *
 * kselftest-timeout: 300
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	60
#define ENGINES 3

FIXTURE(channels)
{
	struct sims sims;
	struct policy policy;
	struct counts counts;
	struct mem mem;
	uint64_t success; /* pgmigrate_success */
	uint64_t caller;  /* bytes of the calling CPU */
	size_t moved;
};

FIXTURE_VARIANT(channels)
{
	bool dma;
	bool free_cpu;
};

FIXTURE_VARIANT_ADD(channels, native){ false, false };
FIXTURE_VARIANT_ADD(channels, native_free){ false, true };
FIXTURE_VARIANT_ADD(channels, dma){ true, false };
FIXTURE_VARIANT_ADD(channels, dma_free){ true, true };

typedef FIXTURE_DATA(channels) channels_t;
typedef FIXTURE_VARIANT(channels) variant_t;

/* A piece that is late on a busy machine is none of this test's business. */
static void start(struct __test_metadata *_metadata, channels_t *self, bool dma,
		  bool free_cpu)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, dma));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, free_cpu));
}

static void stop(struct __test_metadata *_metadata, channels_t *self)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

FIXTURE_SETUP(channels)
{
	start(_metadata, self, variant->dma, variant->free_cpu);
}

FIXTURE_TEARDOWN(channels)
{
	stop(_metadata, self);
}

static void count_from_here(struct __test_metadata *_metadata, channels_t *self)
{
	ASSERT_EQ(0, counts_read(&self->counts));
	self->caller = channel_get(0, "bytes");
	self->success = table_read("/proc/vmstat", "pgmigrate_success");
}

static void make(struct __test_metadata *_metadata, channels_t *self,
		 enum mem_kind kind, size_t len)
{
	if (kind == MEM_HUGETLB)
		ASSERT_EQ(0, hugetlb_pool(len / MIB(2)));
	ASSERT_EQ(0, mem_make(&self->mem, kind, len, 0));
	ASSERT_EQ(len / PAGE, mem_on_node(&self->mem, 0));
	if (self->mem.unit > PAGE)
		ASSERT_TRUE(mem_is_large(&self->mem));
}

static void move_to(struct __test_metadata *_metadata, channels_t *self,
		    int node)
{
	struct mem *m = &self->mem;
	ssize_t there = mem_move_all(m, node, false);

	ASSERT_EQ((ssize_t)(m->len / PAGE), there);
	EXPECT_EQ(0, mem_check(m));
	self->moved += there;
	/* The kernel splits mTHP that it moves a second time, see bytes.c. */
	if (m->unit < MIB(2))
		m->unit = PAGE;
}

/* The engine's own count is that of its channel. */
static void expect_engines(struct __test_metadata *_metadata, channels_t *self)
{
	const struct sims *s = &self->sims;
	unsigned int i;

	for (i = 0; i < s->nr; i++) {
		EXPECT_EQ(sim_get(i, "stats/bytes"),
			  channel_get(s->id[i], "bytes"));
		EXPECT_EQ(0, channel_get(s->id[i], "inflight"));
		EXPECT_EQ(0, channel_get(s->id[i], "errors"));
		EXPECT_TRUE(channel_is(s->id[i], "state", "up"));
	}
}

/* What was copied is what the channels have copied, and the kernel the rest. */
static void expect_sums(struct __test_metadata *_metadata, channels_t *self,
			bool free_cpu)
{
	const struct counts *c = &self->counts;
	uint64_t caller = channel_get(0, "bytes") - self->caller;
	uint64_t engines = sims_sum(&self->sims, "stats/bytes");

	EXPECT_EQ(EV(c, pages_copied) * PAGE, engines + caller);
	EXPECT_EQ(self->success, EV(c, pages_migrated));
	EXPECT_EQ(self->success, EV(c, pages_used) + EV(c, pages_kernel));
	EXPECT_EQ(self->success, EV(c, pages_copied) + EV(c, pages_kernel));
	EXPECT_LE(self->moved - self->moved / 10, EV(c, pages_used));
	EXPECT_LT(0, engines);
	if (free_cpu)
		EXPECT_EQ(0, caller);
}

static void expect_no_trouble(struct __test_metadata *_metadata,
			      const struct counts *c)
{
	EXPECT_EQ(0, EV(c, folios_redone));
	EXPECT_EQ(0, EV(c, folios_limbo));
	EXPECT_EQ(0, EV(c, late_jobs));
	EXPECT_EQ(0, EV(c, bad_reports));
	EXPECT_EQ(0, EV(c, channel_failed));
	EXPECT_EQ(0, EV(c, submit_refused));
}

static void there_and_back(struct __test_metadata *_metadata, channels_t *self,
			   const variant_t *variant)
{
	uint64_t success = self->success;

	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	success = table_read("/proc/vmstat", "pgmigrate_success") - success;
	self->success = success;
	ASSERT_EQ(0, counts_since(&self->counts));
	expect_engines(_metadata, self);
	expect_sums(_metadata, self, variant->free_cpu);
	expect_no_trouble(_metadata, &self->counts);
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

static void kind_arrives(struct __test_metadata *_metadata, channels_t *self,
			 const variant_t *variant, enum mem_kind kind,
			 size_t len)
{
	make(_metadata, self, kind, len);
	count_from_here(_metadata, self);
	there_and_back(_metadata, self, variant);
}

TEST_F_TIMEOUT(channels, anon, LIMIT)
{
	kind_arrives(_metadata, self, variant, MEM_ANON, MIB(4));
}

TEST_F_TIMEOUT(channels, mthp, LIMIT)
{
	kind_arrives(_metadata, self, variant, MEM_MTHP, MIB(4));
}

TEST_F_TIMEOUT(channels, thp, LIMIT)
{
	kind_arrives(_metadata, self, variant, MEM_THP, MIB(8));
}

TEST_F_TIMEOUT(channels, hugetlb, LIMIT)
{
	kind_arrives(_metadata, self, variant, MEM_HUGETLB, MIB(8));
}

/*
 * One folio of @len bytes, and every engine has a part of it: none is so quick that
 * it has all before the others are asked, on a machine that stops our CPU for long.
 */
static void one_is_split(struct __test_metadata *_metadata, channels_t *self,
			 enum mem_kind kind, size_t len)
{
	unsigned int i;

	make(_metadata, self, kind, len);
	count_from_here(_metadata, self);
	for (i = 0; i < ENGINES && len <= MIB(2); i++)
		ASSERT_EQ(0, sim_set(i, "latency_ns", 20000000));
	move_to(_metadata, self, 1);
	EXPECT_TRUE(mem_is_large(&self->mem));
	for (i = 0; i < ENGINES; i++)
		EXPECT_LT(0, sim_get(i, "stats/bytes"));
	expect_engines(_metadata, self);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, batches));
	EXPECT_EQ(len / PAGE, EV(&self->counts, pages_used));
	expect_no_trouble(_metadata, &self->counts);
}

TEST_F_TIMEOUT(channels, thp_is_split, LIMIT)
{
	one_is_split(_metadata, self, MEM_THP, MIB(2));
}

TEST_F_TIMEOUT(channels, hugetlb_is_split, LIMIT)
{
	one_is_split(_metadata, self, MEM_HUGETLB, MIB(2));
}

/* --- a page of 1 GiB, where a guest has room for it --------------------------- */

FIXTURE(gigantic)
{
	channels_t on;
};

FIXTURE_SETUP(gigantic)
{
	if (gigantic_pool(1))
		SKIP(return,
			   "no room for 1-GiB pages: test-gigantic.sh has it");
	start(_metadata, &self->on, true, true);
}

FIXTURE_TEARDOWN(gigantic)
{
	stop(_metadata, &self->on);
}

TEST_F_TIMEOUT(gigantic, is_split, LIMIT)
{
	one_is_split(_metadata, &self->on, MEM_GIGANTIC, MIB(1024));
}

/* All kinds of channels at once: helper threads, native, dmaengine. */
TEST(all_kinds_at_once)
{
	struct roundrobin r = { .first = 1, .width = 7, .chunk = KIB(64) };
	struct policy policy;
	struct counts c;
	struct sims s;
	int id, first, last;
	struct mem m;

	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&s, 2, true));
	r.last = s.id[1];
	if (channels_find("dmaengine", &first, &last) != 2) {
		sims_stop();
		SKIP(return, "this machine has engines: ids and turns differ");
	}
	ASSERT_EQ(6, r.last)
	note("2 of CPUs, 2 native, 2 of dmaengine");
	ASSERT_EQ(0, mem_make(&m, MEM_THP, MIB(8), 0));
	ASSERT_EQ(0, roundrobin_start(&policy, &r));
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_EQ(MIB(8) / PAGE, mem_move_all(&m, 1, false));
	EXPECT_EQ(0, mem_check(&m));
	EXPECT_EQ(MIB(8) / PAGE, mem_move_all(&m, 0, false));
	EXPECT_EQ(0, mem_check(&m));
	for (id = 1; id <= (int)r.last; id++)
		EXPECT_LT(0, channel_get(id, "bytes"));
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(2 * MIB(8) / PAGE, EV(&c, pages_used));
	expect_no_trouble(_metadata, &c);
	policy_close(&policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&m);
	setting_restore();
}

TEST_HARNESS_MAIN
