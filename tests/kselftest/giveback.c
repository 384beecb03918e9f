// SPDX-License-Identifier: GPL-2.0-only
/*
 * giveback.c - a destination that was given back is never written to again, and
 * a pair whose folio has moved is never copied again.
 *
 * kselftest-timeout: 300
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE   4096UL
#define LIMIT  120 /* seconds, on a busy machine */
#define PAGES  128
#define ROUNDS 40

#define SYNC 2 /* enum migrate_mode of the kernel */

FIXTURE(giveback)
{
	struct policy policy;
	struct counts counts;
	struct directed directed;
	struct mem mem;
	int alone;
	int refuse;
};

typedef FIXTURE_DATA(giveback) giveback_t;

/* Whether the caller passes a put_new_folio(); many do not. */
FIXTURE_VARIANT(giveback)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(giveback, put){ 0 };
FIXTURE_VARIANT_ADD(giveback, no_put){ MGXT_NO_PUT };

FIXTURE_SETUP(giveback)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, directed_open(&self->directed));
	self->directed.call.flags = variant->flags;
	self->alone = directed_file(&self->directed, MGXT_FILE_ALONE, 1);
	self->refuse = directed_file(&self->directed, MGXT_FILE_REFUSE, PAGES);
	ASSERT_LE(0, self->alone);
	ASSERT_LE(0, self->refuse);
	ASSERT_EQ(0, policy_start(&self->policy, "mgx_cpu"));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_SHMEM, PAGES * PAGE, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(giveback)
{
	policy_close(&self->policy);
	close(self->alone);
	close(self->refuse);
	directed_close(&self->directed);
	mem_free(&self->mem);
	setting_restore();
}

static void add(giveback_t *self, uint64_t index, unsigned int flags)
{
	directed_add(&self->directed, self->mem.fd, index, flags);
}

static void expect_moved(struct __test_metadata *_metadata, giveback_t *self,
			 unsigned int moved, unsigned int back)
{
	const struct mgxt_call *call = &self->directed.call;

	ASSERT_EQ(0, directed_run(&self->directed));
	EXPECT_EQ(moved, call->succeeded);
	EXPECT_EQ(back, call->back);
	EXPECT_EQ(0, call->spoiled);
	EXPECT_EQ(0, mem_check(&self->mem));
	EXPECT_EQ(0, counts_since(&self->counts));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

/* Its first destination is given back before the batch begins. */
TEST_F_TIMEOUT(giveback, unmapped_later, LIMIT)
{
	add(self, 0, 0);
	add(self, 1, MGXT_LOCKED);
	expect_moved(_metadata, self, 2, 1);
	EXPECT_EQ(2, EV(&self->counts, pages_used));
}

/* The same in the middle of others. */
TEST_F_TIMEOUT(giveback, unmapped_later_among_others, LIMIT)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		add(self, i, i % 3 == 1 ? MGXT_LOCKED : 0);
	expect_moved(_metadata, self, 32, 11);
	EXPECT_EQ(32, EV(&self->counts, pages_used));
}

/* There is no destination for it: what is there already is moved. */
TEST_F_TIMEOUT(giveback, no_memory, LIMIT)
{
	add(self, 0, 0);
	add(self, 1, MGXT_LOCKED);
	add(self, 2, MGXT_NOMEM);
	add(self, 3, 0);
	expect_moved(_metadata, self, 1, 1);
	EXPECT_EQ(-12, self->directed.call.rc);
	EXPECT_EQ(1, EV(&self->counts, pages_used));
}

/* Refused for good at their turns, before, between and behind the others. */
TEST_F_TIMEOUT(giveback, refused, LIMIT)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		directed_add(&self->directed, self->refuse, i, 0);
		add(self, i, 0);
	}
	expect_moved(_metadata, self, 8, 8);
	EXPECT_EQ(8, EV(&self->counts, pages_used));
	/* The first one's turn began nothing, so it was not seen as held. */
	EXPECT_EQ(7, EV(&self->counts, held_mapping));
}

/* Pinned to the end: refused in each pass, then all is undone. */
TEST_F_TIMEOUT(giveback, pinned, LIMIT)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		add(self, i, i & 1 ? MGXT_PINNED : 0);
	expect_moved(_metadata, self, 4, 4);
	EXPECT_EQ(4, EV(&self->counts, pages_used));
	EXPECT_EQ(4, EV(&self->counts, held_refs));
}

/*
 * The second folio moves without folio_mc_copy() while the first is refused.
 * Its owner goes on with the new folio, and only then the first one's turn
 * begins the batch: the second is no longer on the list, and its pair is old.
 */
TEST_F_TIMEOUT(giveback, moved_alone, LIMIT)
{
	unsigned char page[PAGE];
	size_t i, wrong = 0;

	add(self, 0, MGXT_PINNED);
	directed_add(&self->directed, self->alone, 0, 0);
	expect_moved(_metadata, self, 2, 0);
	EXPECT_EQ(1, EV(&self->counts, pages_copied));
	EXPECT_EQ(1, EV(&self->counts, pages_used));
	ASSERT_EQ(PAGE, pread(self->alone, page, PAGE, 0));
	for (i = 0; i < PAGE; i++)
		wrong += page[i] != MGXT_OWNERS_BYTE;
	EXPECT_EQ(0, wrong);
}

/* All of it by chance, to and fro, in both modes. */
static unsigned int random_flags(void)
{
	switch (random() % 12) {
	case 0:
		return MGXT_LOCKED;
	case 1:
		return MGXT_PINNED;
	case 2:
		return random() % 8 ? 0 : MGXT_NOMEM;
	default:
		return 0;
	}
}

static void random_call(giveback_t *self, unsigned int flags, int node)
{
	unsigned int i;

	directed_reset(&self->directed);
	self->directed.call.flags = flags;
	self->directed.call.node = node;
	self->directed.call.mode = random() % 2 ? SYNC : 0;
	for (i = 0; i < PAGES; i++) {
		if (!(random() % 16))
			directed_add(&self->directed, self->refuse, i, 0);
		else
			add(self, i, random_flags());
	}
}

TEST_F_TIMEOUT(giveback, random, LIMIT)
{
	const char *given = getenv("MGX_SEED");
	unsigned int seed = given ? atoi(given) : (int)time(NULL);
	unsigned int moved = 0, back = 0;
	int i;

	note("seed %u", seed);
	srandom(seed);
	for (i = 0; i < ROUNDS; i++) {
		random_call(self, variant->flags, !(i & 1));
		ASSERT_EQ(0, directed_run(&self->directed));
		ASSERT_EQ(0, self->directed.call.spoiled);
		ASSERT_EQ(0, mem_check(&self->mem));
		moved += self->directed.call.succeeded;
		back += self->directed.call.back;
	}
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(PAGES, EV(&self->counts, pages_used));
	EXPECT_LT(PAGES, moved);
	EXPECT_LT(PAGES, back);
}

TEST_HARNESS_MAIN
