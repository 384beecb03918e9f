// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign.c - pages are copied by engines whose driver, and whose model, are by
 * others: whatever dmaengine has. Each kind of memory, while a thread writes and
 * verifies it; each channel alone; more pieces than a ring has room for; every
 * copy compared. Fails where nothing went through an engine, or where there are
 * not as many channels as MGX_ENGINES says, if it does.
 *
 * kselftest-guest: foreign
 * kselftest-timeout: 900
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	 4096UL
#define LIMIT	 240 /* seconds: the slowest of these machines are emulated */
#define CHANNELS 32
#define HUGE	 4

/**
 * struct engines - the channels of dmaengine
 * @nr: how many
 * @first: lowest id
 * @last: highest id, with none of another kind between
 * @bytes: what each had copied, and then what it has since
 */
struct engines {
	unsigned int nr;
	int first;
	int last;
	int64_t bytes[CHANNELS];
};

static int engines_start(struct engines *e)
{
	const char *expected = getenv("MGX_ENGINES");
	int rc = file_write(MGX_PARAM "dmaengine", "1");

	e->nr = rc ? 0 : channels_find("dmaengine", &e->first, &e->last);
	if ((expected && *expected && e->nr != strtoul(expected, NULL, 10)) ||
	    !e->nr || e->nr > CHANNELS || e->nr != e->last - e->first + 1U) {
		note("%u channels of dmaengine, from %d to %d", e->nr, e->first,
		     e->last);
		return rc ?: -ENODEV;
	}
	return 0;
}

static void engines_read(struct engines *e)
{
	unsigned int i;

	for (i = 0; i < e->nr; i++)
		e->bytes[i] = channel_get(e->first + i, "bytes");
}

/* Their sum since engines_read(). */
static uint64_t engines_since(struct engines *e)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < e->nr; i++) {
		e->bytes[i] = channel_get(e->first + i, "bytes") - e->bytes[i];
		sum += e->bytes[i];
	}
	return sum;
}

/* One line: what each has copied, and what it did not take. */
static void engines_print(const struct engines *e)
{
	char name[64], path[96];
	int64_t refused, errors;
	unsigned int i;

	printf("# by channel:");
	for (i = 0; i < e->nr; i++) {
		snprintf(path, sizeof(path), "channels/%d/name", e->first + i);
		if (mgx_read(path, name, sizeof(name)))
			continue;
		printf(" %s %lld", name, (long long)e->bytes[i]);
		refused = channel_get(e->first + i, "refused");
		errors = channel_get(e->first + i, "errors");
		if (refused || errors)
			printf(" (%lld jobs refused, %lld errors)",
			       (long long)refused, (long long)errors);
	}
	printf("\n");
	fflush(stdout);
}

FIXTURE(foreign)
{
	struct engines engines;
	struct policy policy;
	struct counts counts;
	struct mem mem;
	uint64_t caller;
	uint64_t moved; /* base pages */
};

typedef FIXTURE_DATA(foreign) foreign_t;

static void start(struct __test_metadata *_metadata, foreign_t *self)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(60000));
	ASSERT_EQ(0, engines_start(&self->engines));
}

static void stop(struct __test_metadata *_metadata, foreign_t *self)
{
	policy_close(&self->policy);
	mem_free(&self->mem);
	EXPECT_EQ(0, file_write(MGX_PARAM "dmaengine", "0"));
	setting_restore();
}

FIXTURE_SETUP(foreign)
{
	start(_metadata, self);
}

FIXTURE_TEARDOWN(foreign)
{
	stop(_metadata, self);
}

static void begin(struct __test_metadata *_metadata, foreign_t *self,
		  const struct roundrobin *r, enum mem_kind kind, size_t len)
{
	if (kind == MEM_HUGETLB)
		ASSERT_EQ(0, hugetlb_pool(HUGE));
	ASSERT_EQ(0, mem_make(&self->mem, kind, len, 0));
	ASSERT_EQ(0, roundrobin_start(&self->policy, r));
	ASSERT_EQ(0, counts_read(&self->counts));
	self->caller = channels_bytes("caller");
	self->moved = table_read("/proc/vmstat", "pgmigrate_success");
	engines_read(&self->engines);
}

/* Whoever copied what: all that was copied has been copied by somebody. */
static uint64_t end(struct __test_metadata *_metadata, foreign_t *self)
{
	const struct counts *c = &self->counts;
	uint64_t offloaded = engines_since(&self->engines);

	self->caller = channels_bytes("caller") - self->caller;
	self->moved =
		table_read("/proc/vmstat", "pgmigrate_success") - self->moved;
	ASSERT_EQ(0, counts_since(&self->counts));
	note("%llu pages moved and verified; engines %llu bytes, CPU %llu, kernel %llu",
	     (unsigned long long)self->moved, (unsigned long long)offloaded,
	     (unsigned long long)self->caller,
	     (unsigned long long)(EV(c, pages_kernel) * PAGE));
	engines_print(&self->engines);
	EXPECT_LT(0, offloaded);
	EXPECT_EQ(0, EV(c, folios_limbo));
	EXPECT_EQ(0, EV(c, late_jobs));
	EXPECT_EQ(0, EV(c, bad_reports));
	EXPECT_EQ(0, EV(c, channel_failed));
	if (!__test_passed(_metadata))
		counts_print(c);
	return offloaded;
}

static struct roundrobin all_of(const struct engines *e)
{
	return (struct roundrobin){
		.first = e->first,
		.last = e->last,
		.width = e->nr < 4 ? e->nr : 4,
		.chunk = KIB(64),
		.free_cpu = true,
	};
}

static void move_to(struct __test_metadata *_metadata, foreign_t *self,
		    int node)
{
	struct mem *m = &self->mem;

	ASSERT_EQ((ssize_t)(m->len / PAGE), mem_move_all(m, node, false));
	EXPECT_EQ(0, mem_check(m));
	/* The kernel splits mTHP that it moves a second time, see bytes.c. */
	if (m->unit < MIB(2))
		m->unit = PAGE;
}

/* --- each kind of memory ------------------------------------------------------- */

FIXTURE(kinds)
{
	foreign_t on;
};

FIXTURE_VARIANT(kinds)
{
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(kinds, anon){ MEM_ANON };
FIXTURE_VARIANT_ADD(kinds, mthp){ MEM_MTHP };
FIXTURE_VARIANT_ADD(kinds, thp){ MEM_THP };
FIXTURE_VARIANT_ADD(kinds, shmem){ MEM_SHMEM };
FIXTURE_VARIANT_ADD(kinds, hugetlb){ MEM_HUGETLB };

FIXTURE_SETUP(kinds)
{
	start(_metadata, &self->on);
}

FIXTURE_TEARDOWN(kinds)
{
	stop(_metadata, &self->on);
}

/* Nobody writes: all that is moved goes through the engines. */
TEST_F_TIMEOUT(kinds, arrives, LIMIT)
{
	foreign_t *on = &self->on;
	struct roundrobin r = all_of(&on->engines);

	begin(_metadata, on, &r, variant->kind, MIB(4));
	move_to(_metadata, on, 1);
	move_to(_metadata, on, 0);
	EXPECT_LE(on->mem.len, end(_metadata, on));
}

/* A thread adds to each word and looks at it before; see bytes.c. */
TEST_F_TIMEOUT(kinds, live, LIMIT)
{
	foreign_t *on = &self->on;
	struct roundrobin r = all_of(&on->engines);
	struct mem_writer w;
	int i;

	begin(_metadata, on, &r, variant->kind, MIB(4));
	ASSERT_EQ(0, mem_writer_start(&w, &on->mem));
	for (i = 0; i < 8; i++) {
		EXPECT_LE(0, mem_move_pages(&on->mem, !(i & 1), false));
		if (on->mem.unit < MIB(2))
			on->mem.unit = PAGE;
	}
	EXPECT_EQ(0, mem_writer_stop(&w));
	EXPECT_EQ(0, mem_check(&on->mem));
	end(_metadata, on);
}

/* --- channels -------------------------------------------------------------------- */

TEST_F_TIMEOUT(foreign, each_channel_alone, LIMIT)
{
	struct roundrobin r = all_of(&self->engines);
	unsigned int i;

	r.width = 1;
	for (i = 0; i < self->engines.nr; i++) {
		r.first = self->engines.first + i;
		r.last = r.first;
		begin(_metadata, self, &r, MEM_ANON, MIB(1));
		move_to(_metadata, self, 1);
		EXPECT_LT(0, end(_metadata, self));
		EXPECT_LT(0, self->engines.bytes[i]);
		policy_close(&self->policy);
		mem_free(&self->mem);
	}
}

/* Jobs of as many pieces as there can be: what finds no room the CPU copies. */
TEST_F_TIMEOUT(foreign, more_than_a_ring, LIMIT)
{
	struct roundrobin r = all_of(&self->engines);
	const struct counts *c = &self->counts;

	r.width = 1;
	r.last = r.first;
	r.chunk = MIB(1);
	begin(_metadata, self, &r, MEM_ANON, MIB(4));
	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	end(_metadata, self);
	EXPECT_LE(2 * self->mem.len / PAGE, self->moved);
	EXPECT_EQ(self->moved, EV(c, pages_used) + EV(c, pages_kernel));
	note("%llu folios found no room and were copied by the kernel",
	     (unsigned long long)EV(c, folios_redone));
}

TEST_F_TIMEOUT(foreign, every_copy_compared, LIMIT)
{
	struct roundrobin r = all_of(&self->engines);
	const struct counts *c = &self->counts;
	unsigned int i;

	for (i = 0; i < self->engines.nr; i++)
		ASSERT_EQ(0, channel_set(self->engines.first + i, "verify",
					 "full"));
	begin(_metadata, self, &r, MEM_THP, MIB(8));
	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	end(_metadata, self);
	EXPECT_LT(0, EV(c, jobs_verified));
	EXPECT_EQ(0, EV(c, verify_failed));
}

/* --- what a policy that learns makes of them --------------------------------------- */

/* enum mgx_arm of bpf/learn.h, and batches that only measured channels. */
static const char *const arms[] = {
	"the CPU alone",	   "CPU and engines, 16 KiB",
	"CPU and engines, 64 KiB", "CPU and engines, a piece each",
	"engines, 16 KiB",	   "engines, 64 KiB",
	"engines, a piece each",   "engines, a piece each, polled",
	"to measure channels",
};

static uint64_t share_of_engines(struct __test_metadata *_metadata,
				 foreign_t *self, int rounds)
{
	uint64_t caller = channels_bytes("caller"), engines;
	int i;

	engines_read(&self->engines);
	for (i = 0; i < rounds; i++)
		move_to(_metadata, self, i & 1);
	engines = engines_since(&self->engines);
	caller = channels_bytes("caller") - caller;
	note("%d moves: engines %llu bytes, CPU %llu", rounds,
	     (unsigned long long)engines, (unsigned long long)caller);
	return engines + caller ? 1000 * engines / (engines + caller) : 0;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

#define TIMES 9

/* What a move takes, microseconds: the median. */
static uint64_t time_of_move(struct __test_metadata *_metadata, foreign_t *self)
{
	struct mem *m = &self->mem;
	struct timespec from, to;
	uint64_t us[TIMES];
	ssize_t there;
	int i;

	for (i = 0; i < TIMES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &from);
		there = mem_move_all(m, i & 1, false);
		clock_gettime(CLOCK_MONOTONIC, &to);
		EXPECT_EQ((ssize_t)(m->len / PAGE), there);
		EXPECT_EQ(0, mem_check(m));
		us[i] = (to.tv_sec - from.tv_sec) * 1000000 +
			(to.tv_nsec - from.tv_nsec) / 1000;
	}
	qsort(us, TIMES, sizeof(*us), ascending);
	return us[TIMES / 2];
}

/* The same by engines alone, in per cent of what it takes by the CPU alone. */
static uint64_t price_of_engines(struct __test_metadata *_metadata,
				 foreign_t *self)
{
	struct roundrobin r = all_of(&self->engines);
	uint64_t cpu, engines;

	ASSERT_EQ(0, policy_start(&self->policy, "mgx_cpu"));
	cpu = time_of_move(_metadata, self);
	policy_close(&self->policy);
	ASSERT_EQ(0, roundrobin_start(&self->policy, &r));
	engines = time_of_move(_metadata, self);
	policy_close(&self->policy);
	note("a move: %llu us by the CPU, %llu us by engines",
	     (unsigned long long)cpu, (unsigned long long)engines);
	return 100 * engines / (cpu ?: 1);
}

/*
 * A model copies while the doorbell is rung, by the host's own instructions: it
 * frees no CPU, but can be slower or faster than one that is emulated. Where it
 * is clearly slower, who measures leaves it alone.
 */
TEST_F_TIMEOUT(foreign, adaptive_chooses, LIMIT)
{
	uint64_t share, price;
	unsigned int i;

	ASSERT_EQ(0, mem_make(&self->mem, MEM_THP, MIB(8), 1));
	price = price_of_engines(_metadata, self);
	ASSERT_EQ(0, policy_start(&self->policy, "mgx_adaptive"));
	share_of_engines(_metadata, self, 30);
	share = share_of_engines(_metadata, self, 30);
	note("mgx_adaptive, when it has learned: %llu in 1000 bytes by engines",
	     (unsigned long long)share);
	for (i = 0; i < ARRAY_LEN(arms); i++)
		note("%s: %llu batches", arms[i],
		     (unsigned long long)policy_count(&self->policy,
						      "adaptive_arms", i));
	if (price > 200)
		EXPECT_GT(500, share);
}

TEST_HARNESS_MAIN
