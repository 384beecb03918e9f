// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_matrix.c - each fault of a simulated engine, with folios of each kind that
 * engines copy, on both paths to engines, under three policies: whatever the fault
 * does, all pages arrive, and every byte is verified. faults.c says of some of
 * these cells what exactly has to happen; here it is all of them.
 *
 * kselftest-timeout: 1800
 * kselftest-long: 294 cells
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	600
#define WAIT_MS 60000
#define TRIES	500 /* until all pages are there: 20 ms each */
#define SICK	0   /* the slot that meets the fault */

/* Something is late, and is given up after that. */
#define HASTY_MS 300
#define LATE_MS	 600
/* Nothing has to be. */
#define PATIENT_MS 8000

static const struct {
	const char *name;
	enum mem_kind kind;
	size_t len;
} kinds[] = {
	{ "4 KiB", MEM_ANON, MIB(1) },
	{ "64 KiB", MEM_MTHP, MIB(1) },
	{ "2 MiB", MEM_THP, MIB(4) },
	{ "shmem", MEM_SHMEM, MIB(1) },
	{ "shmem 2 MiB", MEM_SHMEM_THP, MIB(4) },
	{ "hugetlb", MEM_HUGETLB, MIB(4) },
	{ "hugetlb shared", MEM_HUGETLB_SHARED, MIB(4) },
};

/**
 * struct fault - how an engine fails
 * @name: its file
 * @nth: the descriptor that fails
 * @each: each such descriptor
 * @hasty: the deadline has to pass
 * @native: only a native driver can do it
 */
struct fault {
	const char *name;
	unsigned int nth;
	bool each;
	bool hasty;
	bool native;
};

static const struct fault faults[] = {
	{ .name = "error", .nth = 2, .each = true },
	{ .name = "wrong_status", .nth = 2, .each = true },
	{ .name = "stall", .nth = 2, .hasty = true },
	{ .name = "late", .nth = 2, .hasty = true },
	{ .name = "drop_irq", .nth = 1, .each = true, .hasty = true },
	{ .name = "remove", .nth = 2 },
	{ .name = "over_report", .nth = 2, .native = true },
	{ .name = "double_report", .nth = 2, .native = true },
};

/* Cells of one test, and what happened in them. */
static struct totals {
	unsigned int cells;
	unsigned int met; /* in so many the fault happened */
	unsigned int moves;
	unsigned long pages;
} *totals;

FIXTURE(matrix)
{
	struct sims sims;
	struct policy policy;
	struct mem mem;
	struct counts counts;
};

FIXTURE_VARIANT(matrix)
{
	const char *policy;
	bool dma;
};

#define VARIANT(name, ops, is_dma)           \
	FIXTURE_VARIANT_ADD(matrix, name)    \
	{                                    \
		.policy = ops, .dma = is_dma \
	}

VARIANT(native_roundrobin, "mgx_roundrobin", false);
VARIANT(native_least_loaded, "mgx_least_loaded", false);
VARIANT(native_adaptive, "mgx_adaptive", false);
VARIANT(dma_roundrobin, "mgx_roundrobin", true);
VARIANT(dma_least_loaded, "mgx_least_loaded", true);
VARIANT(dma_adaptive, "mgx_adaptive", true);

typedef FIXTURE_DATA(matrix) matrix_t;

static int start_policy(matrix_t *self, const char *name)
{
	if (!strcmp(name, "mgx_roundrobin"))
		return roundrobin_sims(&self->policy, &self->sims, true);
	return policy_start(&self->policy, name);
}

FIXTURE_SETUP(matrix)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, hugetlb_pool(8));
	ASSERT_EQ(0, sims_start(&self->sims, 2, variant->dma));
	ASSERT_EQ(0, deadline_set(PATIENT_MS));
	ASSERT_EQ(0, sim_set(SICK, "late_ms", LATE_MS));
	/* Or it has copied all before the other one has begun. */
	ASSERT_EQ(0, sim_set(1, "mbps", 100));
	ASSERT_EQ(0, start_policy(self, variant->policy));
}

FIXTURE_TEARDOWN(matrix)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
}

static void set_fault(struct __test_metadata *_metadata, const struct fault *f,
		      unsigned int nth)
{
	char file[64];

	snprintf(file, sizeof(file), "faults/%s", f->name);
	ASSERT_EQ(0, sim_set(SICK, "repeat", nth && f->each));
	ASSERT_EQ(0, sim_set(SICK, file, nth));
}

static int64_t times(const struct fault *f)
{
	char file[64];

	snprintf(file, sizeof(file), "fired/%s", f->name);
	return sim_get(SICK, file);
}

static void patience(struct __test_metadata *_metadata, unsigned int ms)
{
	char value[16];

	snprintf(value, sizeof(value), "%u", ms);
	ASSERT_EQ(0, file_write(MGX_PARAM "deadline_ms", value));
}

/* Until all are there; each call leaves all bytes as they were. */
static void move_to(struct __test_metadata *_metadata, matrix_t *self, int node)
{
	ssize_t all = self->mem.len / PAGE, there = 0;
	int tries;

	for (tries = 0; tries < TRIES && there < all; tries++) {
		if (tries > 4)
			usleep(20000);
		there = mem_move_pages(&self->mem, node, false);
		EXPECT_LE(0, there);
		EXPECT_EQ(0, mem_check(&self->mem));
		if (self->mem.unit < MIB(2))
			self->mem.unit = PAGE; /* see channels.c */
		totals->moves++;
	}
	EXPECT_EQ(all, there);
	totals->pages += there > 0 ? there : 0;
}

/*
 * Whole again, whatever the fault was: plugged in, up, nothing held any more, by
 * either of the two channels that an engine has, see verify_all().
 */
static void heal(struct __test_metadata *_metadata, matrix_t *self)
{
	int id;

	if (!sim_get(SICK, "present")) {
		ASSERT_EQ(0, sim_set(SICK, "present", 1));
		ASSERT_EQ(0, sims_find(&self->sims));
	}
	for (id = 1; id < MGX_MAX_CHANNELS; id++) {
		if (channel_get(id, "inflight") < 0)
			continue; /* there is none */
		EXPECT_TRUE(channel_wait(id, "state", "up", WAIT_MS));
		EXPECT_TRUE(channel_wait(id, "inflight", "0", WAIT_MS));
	}
}

static void counted(struct __test_metadata *_metadata, matrix_t *self)
{
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_EQ(0, EV(&self->counts, limbo_leaked));
	EXPECT_EQ(0, EV(&self->counts, poison));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

/* Each engine is there twice, see kernel/sim.c, and a policy may ask for both. */
static void verify_all(bool on)
{
	int id;

	for (id = 1; id < MGX_MAX_CHANNELS; id++)
		channel_set(id, "verify", on ? "full" : "off");
}

static void cell(struct __test_metadata *_metadata, matrix_t *self,
		 const struct fault *f, size_t k)
{
	int64_t before = times(f);

	ASSERT_EQ(0, mem_make(&self->mem, kinds[k].kind, kinds[k].len, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
	verify_all(!strcmp(f->name, "wrong_status"));
	patience(_metadata, f->hasty ? HASTY_MS : PATIENT_MS);
	set_fault(_metadata, f, f->nth);
	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	set_fault(_metadata, f, 0);
	patience(_metadata, PATIENT_MS);
	heal(_metadata, self);
	counted(_metadata, self);
	mem_free(&self->mem);
	totals->cells++;
	totals->met += times(f) > before;
}

/* Round-robin asks the engine that fails, others may know better than that. */
static void each_kind(struct __test_metadata *_metadata, matrix_t *self,
		      const struct fault *f, const char *policy)
{
	struct totals t = {};
	size_t k;

	totals = &t;
	for (k = 0; k < ARRAY_LEN(kinds) && __test_passed(_metadata); k++) {
		cell(_metadata, self, f, k);
		if (!__test_passed(_metadata))
			note("it was %s", kinds[k].name);
	}
	note("%s, %s: %u cells, the fault happened in %u; %u calls, %lu pages verified",
	     policy, f->name, t.cells, t.met, t.moves, t.pages);
	if (!strcmp(policy, "mgx_roundrobin"))
		EXPECT_EQ(t.cells, t.met);
}

#define TEST_FAULT(fault, i)                                             \
	TEST_F_TIMEOUT(matrix, fault, LIMIT)                             \
	{                                                                \
		if (variant->dma && faults[i].native)                    \
			SKIP(return, "only a native driver can say so"); \
		each_kind(_metadata, self, &faults[i], variant->policy); \
	}

TEST_FAULT(error, 0)
TEST_FAULT(wrong_status, 1)
TEST_FAULT(stall, 2)
TEST_FAULT(late, 3)
TEST_FAULT(drop_irq, 4)
TEST_FAULT(removal, 5)
TEST_FAULT(over_report, 6)
TEST_FAULT(double_report, 7)

TEST_HARNESS_MAIN
