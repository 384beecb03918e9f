// SPDX-License-Identifier: GPL-2.0-only
/*
 * tags.c - memory tags (arm64 MTE) survive a migration for which a policy has
 * engines: they are beside the content, which is all that engines copy, so the
 * kernel has to copy what is tagged, and does; what is beside it, the engines.
 *
 * kselftest-guest: foreign
 * kselftest-timeout: 120
 */
#include <errno.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	100
#define ENGINES 2
#define GRANULE 16UL

#if defined(__aarch64__)
#define TAGS_HERE    (getauxval(AT_HWCAP2) & (1UL << 18))
#define PROT_OF_TAGS 0x20
#define TAG_SHIFT    56

static void tag_set(uintptr_t at, unsigned int tag)
{
	at |= (uintptr_t)tag << TAG_SHIFT;
	asm volatile(".arch_extension memtag\n\tstg %0, [%0]"
		     :
		     : "r"(at)
		     : "memory");
}

static unsigned int tag_get(uintptr_t at)
{
	asm volatile(".arch_extension memtag\n\tldg %0, [%0]" : "+r"(at));
	return at >> TAG_SHIFT & 15;
}
#else
#define TAGS_HERE    false
#define PROT_OF_TAGS 0

static void tag_set(uintptr_t at, unsigned int tag)
{
}

static unsigned int tag_get(uintptr_t at)
{
	return 0;
}
#endif

FIXTURE(tags)
{
	struct sims sims;
	struct policy policy;
	struct counts counts;
	struct mem mem;
};

FIXTURE_VARIANT(tags)
{
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(tags, anon){ MEM_ANON };
FIXTURE_VARIANT_ADD(tags, thp){ MEM_THP };
FIXTURE_VARIANT_ADD(tags, shmem){ MEM_SHMEM };

FIXTURE_SETUP(tags)
{
	self->mem.fd = -1;
	if (!TAGS_HERE)
		SKIP(return, "this machine has no memory tags");
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&self->sims, ENGINES, false));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
	ASSERT_EQ(0, mem_make(&self->mem, variant->kind, MIB(4), 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(tags)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

static unsigned int tag_of(const struct mem *m, size_t at)
{
	return (m->seed + at / GRANULE * 7 + at / PAGE) % 16;
}

/* Every second folio. */
static bool tagged(const struct mem *m, size_t at)
{
	return at / m->unit % 2;
}

static int tags_set(const struct mem *m)
{
	size_t at, in;

	for (at = m->unit; at < m->len; at += 2 * m->unit) {
		if (mprotect(m->addr + at, m->unit,
			     PROT_READ | PROT_WRITE | PROT_OF_TAGS))
			return -errno;
		for (in = at; in < at + m->unit; in += GRANULE)
			tag_set((uintptr_t)m->addr + in, tag_of(m, in));
	}
	return 0;
}

static size_t tags_wrong(const struct mem *m)
{
	size_t at, wrong = 0;

	for (at = 0; at < m->len; at += GRANULE)
		if (tagged(m, at))
			wrong += tag_get((uintptr_t)m->addr + at) !=
				 tag_of(m, at);
	return wrong;
}

TEST_F_TIMEOUT(tags, survive, LIMIT)
{
	struct mem *m = &self->mem;
	int i;

	ASSERT_EQ(0, tags_set(m));
	ASSERT_EQ(0, tags_wrong(m));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ((ssize_t)(m->len / PAGE),
			  mem_move_all(m, !(i & 1), false));
		EXPECT_EQ(0, mem_check(m));
		EXPECT_EQ(0, tags_wrong(m));
	}
	EXPECT_LE(4 * m->len / 2, sims_sum(&self->sims, "stats/bytes"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LE(4 * m->len / PAGE / 2, EV(&self->counts, pages_kernel));
	/* A folio of 2 MiB is a batch of its own, and this one begins none. */
	if (m->unit == PAGE)
		EXPECT_LT(0, EV(&self->counts, held_tags));
}

/* Where there could be tags, but are none. */
TEST_F_TIMEOUT(tags, none, LIMIT)
{
	struct mem *m = &self->mem;

	ASSERT_EQ((ssize_t)(m->len / PAGE), mem_move_all(m, 1, false));
	EXPECT_EQ(0, mem_check(m));
	EXPECT_EQ(m->len, sims_sum(&self->sims, "stats/bytes"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(0, EV(&self->counts, held_tags));
}

TEST_HARNESS_MAIN
