// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested.c - a migration within a migration: allocating a destination reclaims,
 * reclaim demotes, and migrate_pages() is called again by the same task.
 *
 * kselftest-timeout: 300
 */
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE  4096UL
#define LIMIT 120 /* seconds, on a busy machine */
#define OUTER 8
#define INNER 4

FIXTURE(nested)
{
	struct policy policy;
	struct counts counts;
	struct directed directed;
	struct mem mem;
	bool reloaded;
};

typedef FIXTURE_DATA(nested) nested_t;

FIXTURE_SETUP(nested)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, directed_open(&self->directed));
	ASSERT_EQ(0,
		  mem_make(&self->mem, MEM_SHMEM, (OUTER + INNER) * PAGE, 0));
}

FIXTURE_TEARDOWN(nested)
{
	policy_close(&self->policy);
	if (self->reloaded)
		EXPECT_EQ(0, module_anew(NULL));
	directed_close(&self->directed);
	mem_free(&self->mem);
	setting_restore();
}

/* The inner call is made when the folio at @place gets its destination. */
static void run_nested(struct __test_metadata *_metadata, nested_t *self,
		       int place)
{
	struct directed *d = &self->directed;
	int i;

	ASSERT_EQ(0, policy_start(&self->policy, "mgx_cpu"));
	ASSERT_EQ(0, counts_read(&self->counts));
	for (i = 0; i < OUTER; i++)
		directed_add(d, self->mem.fd, i, i == place ? MGXT_NEST : 0);
	for (; i < OUTER + INNER; i++)
		directed_add(d, self->mem.fd, i, MGXT_INNER);
	ASSERT_EQ(0, directed_run(d));
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(0, d->call.rc);
	EXPECT_EQ(0, d->call.inner_rc);
	EXPECT_EQ(0, d->call.spoiled);
	for (i = 0; i < OUTER + INNER; i++)
		EXPECT_EQ(1, d->folio[i].node);
	EXPECT_EQ(0, mem_check(&self->mem));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

static void expect_both_copied(struct __test_metadata *_metadata,
			       nested_t *self)
{
	const struct counts *c = &self->counts;

	EXPECT_EQ(2, EV(c, calls));
	EXPECT_EQ(1, EV(c, calls_nested));
	EXPECT_EQ(0, EV(c, calls_no_context));
	EXPECT_EQ(2, EV(c, batches));
	EXPECT_EQ(OUTER + INNER, EV(c, pages_used));
	EXPECT_EQ(OUTER + INNER, EV(c, pages_migrated));
	EXPECT_EQ(0, EV(c, pages_kernel));
}

TEST_F_TIMEOUT(nested, at_first_folio, LIMIT)
{
	run_nested(_metadata, self, 0);
	expect_both_copied(_metadata, self);
}

TEST_F_TIMEOUT(nested, in_the_middle, LIMIT)
{
	run_nested(_metadata, self, OUTER / 2);
	expect_both_copied(_metadata, self);
}

TEST_F_TIMEOUT(nested, at_last_folio, LIMIT)
{
	run_nested(_metadata, self, OUTER - 1);
	expect_both_copied(_metadata, self);
}

/* One context per CPU, and the outer call has it. */
static void empty_reserve(struct __test_metadata *_metadata, nested_t *self)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(1, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	ASSERT_EQ(0, module_remove());
	self->reloaded = true;
	ASSERT_EQ(0, module_insert(module_path(), "reserve=1"));
}

/* It passes through, and the outer call does not take its folios for its own. */
TEST_F_TIMEOUT(nested, empty_reserve, LIMIT)
{
	const struct counts *c = &self->counts;

	empty_reserve(_metadata, self);
	run_nested(_metadata, self, OUTER / 2);
	EXPECT_EQ(2, EV(c, calls));
	EXPECT_EQ(0, EV(c, calls_nested));
	EXPECT_EQ(1, EV(c, calls_no_context));
	EXPECT_EQ(1, EV(c, batches));
	EXPECT_EQ(OUTER, EV(c, pages_used));
	EXPECT_EQ(OUTER, EV(c, pages_migrated));
	EXPECT_EQ(0, EV(c, pages_kernel));
}

TEST_HARNESS_MAIN
