// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults.c - engines that fail in each way the simulation knows, alone and
 * together: no byte is lost, and what was not migrated is migrated by the next
 * call. The events say what happened, and the channel comes back. Natively, by
 * dmaengine, and by a driver of dmaengine that sleeps when it prepares a copy.
 *
 * kselftest-timeout: 900
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	120
#define WAIT_MS 30000

/* Nothing has to be late: no piece takes that long on a busy machine. */
#define PATIENT_MS 8000
/* Who waits looks after a quarter of that, interrupt or not. */
#define LOOK_MS 3200
/* Something is late, and is not waited for. */
#define HASTY_MS 300
#define HUNG_MS	 60000
#define TRIES	 500 /* 20 ms each */

#define PREP_US 100

/* What is migrated, one after the other, with each fault. */
static const struct {
	const char *name;
	enum mem_kind kind;
	size_t len;
} kinds[] = {
	{ "4 KiB", MEM_ANON, MIB(1) },
	{ "64 KiB", MEM_MTHP, MIB(1) },
	{ "2 MiB", MEM_THP, MIB(4) },
	{ "hugetlb", MEM_HUGETLB, MIB(4) },
};

FIXTURE(faults)
{
	struct sims sims;
	struct policy policy;
	struct counts counts;
	struct mem mem;
	bool sleeps;	/* the driver, when it prepares a copy */
	ssize_t all;	/* base pages */
	int64_t errors; /* of slot 0's channel */
};

FIXTURE_VARIANT(faults)
{
	bool dma;
	bool sleeps;
};

FIXTURE_VARIANT_ADD(faults, native){ false, false };
FIXTURE_VARIANT_ADD(faults, dma){ true, false };
FIXTURE_VARIANT_ADD(faults, sleeper){ true, true };

typedef FIXTURE_DATA(faults) faults_t;
typedef void fault_fn(struct __test_metadata *_metadata, faults_t *self);

/* Two engines, of which slot 0 is the one in trouble; the CPU does not help. */
FIXTURE_SETUP(faults)
{
	self->mem.fd = -1;
	self->sleeps = variant->sleeps;
	ASSERT_EQ(0, sims_stop());
	if (self->sleeps)
		ASSERT_EQ(0, module_anew("dma_sleepers=idxd,mgx_sim"));
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, hugetlb_pool(4));
	ASSERT_EQ(0, deadline_set(PATIENT_MS));
	ASSERT_EQ(0, sims_start(&self->sims, 2, variant->dma));
	ASSERT_EQ(0, roundrobin_sims(&self->policy, &self->sims, true));
}

FIXTURE_TEARDOWN(faults)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
	if (self->sleeps)
		EXPECT_EQ(0, module_anew(NULL));
}

/* @slot meets @fault with its @nth descriptor, or with each @nth. */
static void meets(struct __test_metadata *_metadata, unsigned int slot,
		  const char *fault, unsigned int nth, bool each)
{
	char file[64];

	snprintf(file, sizeof(file), "faults/%s", fault);
	ASSERT_EQ(0, sim_set(slot, "repeat", each));
	ASSERT_EQ(0, sim_set(slot, file, nth));
}

/* How often slot 0 has met it since the last time that this was asked. */
static int64_t times_met(const char *fault)
{
	static int64_t before;
	static char last[64];
	char file[64];
	int64_t times;

	snprintf(file, sizeof(file), "fired/%s", fault);
	if (strcmp(last, file))
		before = 0;
	snprintf(last, sizeof(last), "%s", file);
	times = sim_get(0, file) - before;
	before += times;
	return times;
}

static void patience(struct __test_metadata *_metadata, unsigned int ms)
{
	char value[16];

	snprintf(value, sizeof(value), "%u", ms);
	ASSERT_EQ(0, file_write(MGX_PARAM "deadline_ms", value));
}

/* One call: it fails for folios, at most, and leaves their bytes alone. */
static ssize_t move_once(struct __test_metadata *_metadata, faults_t *self,
			 int node)
{
	ssize_t there = mem_move_pages(&self->mem, node, false);

	EXPECT_LE(0, there);
	EXPECT_EQ(0, mem_check(&self->mem));
	if (self->mem.unit < MIB(2))
		self->mem.unit = PAGE; /* see channels.c */
	return there;
}

/* What is not there yet comes with the next calls, held sources when let go. */
static void move_to(struct __test_metadata *_metadata, faults_t *self, int node)
{
	ssize_t there = 0;
	int tries;

	for (tries = 0; tries < TRIES && there < self->all; tries++) {
		if (tries > 4)
			usleep(20000);
		there = move_once(_metadata, self, node);
	}
	EXPECT_EQ(self->all, there);
}

static void expect_at_rest(struct __test_metadata *_metadata, faults_t *self)
{
	unsigned int i;

	for (i = 0; i < self->sims.nr; i++)
		EXPECT_TRUE(channel_wait(self->sims.id[i], "inflight", "0",
					 WAIT_MS));
}

/* Out of quarantine, at work, and nothing is held any more. */
static void expect_recovered(struct __test_metadata *_metadata, faults_t *self)
{
	int id = self->sims.id[0], tries;
	int64_t before;

	EXPECT_TRUE(channel_wait(id, "state", "up", WAIT_MS));
	expect_at_rest(_metadata, self);
	before = channel_get(id, "bytes");
	/* The other one can be so fast that nothing is left. */
	for (tries = 0; tries < 8 && channel_get(id, "bytes") == before;
	     tries++)
		move_to(_metadata, self, tries & 1);
	EXPECT_LT(before, channel_get(id, "bytes"));
}

static void counted(struct __test_metadata *_metadata, faults_t *self)
{
	unsigned int i;

	/* On a busy machine another than the one with the fault may have failed. */
	for (i = 0; i < self->sims.nr; i++)
		EXPECT_TRUE(
			channel_wait(self->sims.id[i], "state", "up", WAIT_MS));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(EV(&self->counts, channel_failed),
		  EV(&self->counts, channel_recovered));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_EQ(0, EV(&self->counts, limbo_leaked));
	EXPECT_EQ(0, EV(&self->counts, poison));
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

static void expect_nothing_late(struct __test_metadata *_metadata,
				const struct counts *c)
{
	EXPECT_EQ(0, EV(c, folios_limbo));
	EXPECT_EQ(0, EV(c, late_jobs));
	EXPECT_EQ(0, EV(c, bad_reports));
}

/* --- one fault ---------------------------------------------------------------- */

/* One folio is copied by the kernel, and that is all. */
static void do_error(struct __test_metadata *_metadata, faults_t *self)
{
	meets(_metadata, 0, "error", 2, false);
	EXPECT_EQ(self->all, move_once(_metadata, self, 1));
	EXPECT_EQ(1, times_met("error"));
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	EXPECT_EQ(1, EV(&self->counts, folios_redone));
	EXPECT_EQ(0, EV(&self->counts, channel_failed));
	expect_nothing_late(_metadata, &self->counts);
}

/* An engine that does nothing right is not asked any more. */
static void do_error_each_time(struct __test_metadata *_metadata,
			       faults_t *self)
{
	int64_t bytes = sim_get(0, "stats/bytes");

	meets(_metadata, 0, "error", 1, true);
	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	move_to(_metadata, self, 1);
	EXPECT_EQ(bytes, sim_get(0, "stats/bytes"));
	meets(_metadata, 0, "error", 0, false);
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	EXPECT_LT(0, EV(&self->counts, folios_redone));
	EXPECT_LT(0, EV(&self->counts, channel_failed));
	expect_nothing_late(_metadata, &self->counts);
}

/* Only who compares can notice. */
static void do_wrong_status(struct __test_metadata *_metadata, faults_t *self)
{
	ASSERT_EQ(0, channel_set(self->sims.id[0], "verify", "full"));
	meets(_metadata, 0, "wrong_status", 2, false);
	move_to(_metadata, self, 1);
	EXPECT_EQ(1, times_met("wrong_status"));
	EXPECT_TRUE(channel_wait(self->sims.id[0], "state", "up", WAIT_MS));
	move_to(_metadata, self, 0);
	counted(_metadata, self);
	EXPECT_LT(0, EV(&self->counts, folios_redone));
	expect_nothing_late(_metadata, &self->counts);
}

static void expect_late(struct __test_metadata *_metadata, faults_t *self)
{
	const struct counts *c = &self->counts;

	EXPECT_LT(self->errors, channel_get(self->sims.id[0], "errors"));
	EXPECT_LT(0, EV(c, folios_limbo));
	EXPECT_LT(0, EV(c, late_jobs));
	EXPECT_LT(0, EV(c, channel_failed));
	EXPECT_EQ(0, EV(c, bad_reports));
}

/* Does nothing any more, until it is reset. */
static void do_stall(struct __test_metadata *_metadata, faults_t *self)
{
	patience(_metadata, HASTY_MS);
	meets(_metadata, 0, "stall", 2, false);
	move_to(_metadata, self, 1);
	EXPECT_EQ(1, times_met("stall"));
	patience(_metadata, PATIENT_MS);
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	expect_late(_metadata, self);
}

/* Cannot be reset, and writes in the end: see late.c. */
static void do_late(struct __test_metadata *_metadata, faults_t *self)
{
	patience(_metadata, HASTY_MS);
	ASSERT_EQ(0, sim_set(0, "late_ms", HUNG_MS));
	meets(_metadata, 0, "late", 2, false);
	move_once(_metadata, self, 1);
	ASSERT_EQ(0, sim_set(0, "late_ms", 1));
	move_to(_metadata, self, 1);
	patience(_metadata, PATIENT_MS);
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	expect_late(_metadata, self);
}

/* Who waits also looks. */
static void do_drop_irq(struct __test_metadata *_metadata, faults_t *self)
{
	int64_t interrupts = sim_get(0, "stats/interrupts");

	patience(_metadata, LOOK_MS);
	meets(_metadata, 0, "drop_irq", 1, true);
	EXPECT_EQ(self->all, move_once(_metadata, self, 1));
	EXPECT_LT(0, times_met("drop_irq"));
	EXPECT_EQ(interrupts, sim_get(0, "stats/interrupts"));
	meets(_metadata, 0, "drop_irq", 0, false);
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	EXPECT_EQ(0, EV(&self->counts, folios_redone));
	EXPECT_EQ(0, EV(&self->counts, channel_failed));
	expect_nothing_late(_metadata, &self->counts);
}

/* Its channel has the number, and perhaps the name, of the one that is gone. */
static void plug_in(struct __test_metadata *_metadata, faults_t *self,
		    unsigned int slot)
{
	int id = self->sims.id[slot];

	ASSERT_EQ(0, sim_set(slot, "present", 1));
	ASSERT_EQ(0, sims_find(&self->sims));
	EXPECT_EQ(id, self->sims.id[slot]);
}

/* Pulled out while it copies, and plugged in again. */
static void do_removal(struct __test_metadata *_metadata, faults_t *self)
{
	meets(_metadata, 0, "remove", 3, false);
	move_to(_metadata, self, 1);
	EXPECT_EQ(1, times_met("remove"));
	EXPECT_LT(0, channel_get(self->sims.id[1], "bytes"));
	EXPECT_TRUE(channel_wait_there("sim0", false, WAIT_MS));
	move_to(_metadata, self, 0);
	plug_in(_metadata, self, 0);
	EXPECT_TRUE(channel_is(self->sims.id[0], "state", "up"));
	expect_recovered(_metadata, self);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, folios_redone));
	EXPECT_EQ(0, EV(&self->counts, limbo_leaked));
	expect_nothing_late(_metadata, &self->counts);
}

static void do_out_of_order(struct __test_metadata *_metadata, faults_t *self)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, sim_set(i, "out_of_order", 1));
		ASSERT_EQ(0, sim_set(i, "jitter_ns", 200000));
	}
	EXPECT_EQ(self->all, move_once(_metadata, self, 1));
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	EXPECT_EQ(0, EV(&self->counts, folios_redone));
	EXPECT_EQ(0, EV(&self->counts, channel_failed));
	expect_nothing_late(_metadata, &self->counts);
}

/* Room for one descriptor: the calling CPU does what does not fit. */
static void do_small_ring(struct __test_metadata *_metadata, faults_t *self)
{
	ASSERT_EQ(0, sim_set(0, "latency_ns", 1000000));
	ASSERT_EQ(0, sim_set(0, "ring_size", 1));
	EXPECT_EQ(self->all, move_once(_metadata, self, 1));
	/* A driver that sleeps until there is room refuses nothing. */
	if (!self->sleeps)
		EXPECT_LT(0, channel_get(self->sims.id[0], "refused"));
	ASSERT_EQ(0, sim_set(0, "ring_size", 1024));
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	expect_nothing_late(_metadata, &self->counts);
}

static void lies(struct __test_metadata *_metadata, faults_t *self,
		 const char *fault)
{
	meets(_metadata, 0, fault, 2, false);
	EXPECT_EQ(self->all, move_once(_metadata, self, 1));
	EXPECT_EQ(1, times_met(fault));
	expect_recovered(_metadata, self);
	counted(_metadata, self);
	EXPECT_EQ(1, EV(&self->counts, bad_reports));
	EXPECT_EQ(1, EV(&self->counts, channel_failed));
	EXPECT_EQ(0, EV(&self->counts, folios_limbo));
}

static void do_over_report(struct __test_metadata *_metadata, faults_t *self)
{
	lies(_metadata, self, "over_report");
	EXPECT_LT(0, EV(&self->counts, folios_redone));
}

static void do_double_report(struct __test_metadata *_metadata, faults_t *self)
{
	lies(_metadata, self, "double_report");
}

/* --- several ------------------------------------------------------------------- */

static void do_disorder_and_errors(struct __test_metadata *_metadata,
				   faults_t *self)
{
	ASSERT_EQ(0, sim_set(0, "out_of_order", 1));
	ASSERT_EQ(0, sim_set(0, "jitter_ns", 100000));
	ASSERT_EQ(0, sim_set(1, "ring_size", 4));
	patience(_metadata, LOOK_MS);
	meets(_metadata, 0, "drop_irq", 2, true);
	meets(_metadata, 0, "error", 3, true);
	meets(_metadata, 1, "error", 5, true);
	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	move_to(_metadata, self, 1);
	meets(_metadata, 0, "error", 0, false);
	expect_recovered(_metadata, self);
	EXPECT_TRUE(channel_wait(self->sims.id[1], "state", "up", WAIT_MS));
	counted(_metadata, self);
	EXPECT_LT(0, EV(&self->counts, folios_redone));
	expect_nothing_late(_metadata, &self->counts);
}

/* One goes, the other is late: then nobody is left but the kernel. */
static void do_late_and_removal(struct __test_metadata *_metadata,
				faults_t *self)
{
	patience(_metadata, HASTY_MS);
	ASSERT_EQ(0, sim_set(0, "late_ms", HUNG_MS));
	meets(_metadata, 0, "late", 1, false);
	meets(_metadata, 1, "remove", 2, false);
	move_once(_metadata, self, 1);
	ASSERT_EQ(0, sim_set(0, "late_ms", 1));
	move_to(_metadata, self, 1);
	move_to(_metadata, self, 0);
	patience(_metadata, PATIENT_MS);
	EXPECT_TRUE(channel_wait(self->sims.id[0], "state", "up", WAIT_MS));
	EXPECT_TRUE(channel_wait(self->sims.id[0], "inflight", "0", WAIT_MS));
	move_to(_metadata, self, 1);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	expect_late(_metadata, self);
}

/* Pulled out while it hangs: it has no power, so nothing is held for ever. */
static void do_removed_while_hung(struct __test_metadata *_metadata,
				  faults_t *self)
{
	patience(_metadata, HASTY_MS);
	ASSERT_EQ(0, sim_set(0, "late_ms", HUNG_MS));
	meets(_metadata, 0, "late", 2, false);
	move_once(_metadata, self, 1);
	ASSERT_EQ(0, sim_set(0, "present", 0));
	move_to(_metadata, self, 1);
	usleep(100000);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(0, EV(&self->counts, folios_limbo));
	EXPECT_LE(EV(&self->counts, folios_limbo),
		  EV(&self->counts, limbo_released));
	EXPECT_EQ(0, EV(&self->counts, limbo_leaked));
}

/* --- with each kind of memory ----------------------------------------------------- */

static void plug_in_all(struct __test_metadata *_metadata, faults_t *self)
{
	unsigned int i;

	for (i = 0; i < self->sims.nr; i++)
		if (!sim_get(i, "present"))
			plug_in(_metadata, self, i);
}

/* Engines without faults, memory that is where it was. */
static void begin(struct __test_metadata *_metadata, faults_t *self, size_t k)
{
	static const char *const faults[] = { "error", "drop_irq", "remove" };
	unsigned int slot, i;

	plug_in_all(_metadata, self);
	for (slot = 0; slot < self->sims.nr; slot++) {
		for (i = 0; i < ARRAY_LEN(faults); i++)
			meets(_metadata, slot, faults[i], 0, false);
		ASSERT_EQ(0, sim_set(slot, "out_of_order", 0));
		ASSERT_EQ(0, sim_set(slot, "jitter_ns", 0));
		ASSERT_EQ(0, sim_set(slot, "latency_ns", 2000));
		ASSERT_EQ(0, sim_set(slot, "ring_size", 1024));
		ASSERT_EQ(0,
			  sim_set(slot, "prep_us", self->sleeps ? PREP_US : 0));
		ASSERT_TRUE(channel_wait(self->sims.id[slot], "state", "up",
					 WAIT_MS));
	}
	/* Or it has copied all before the other one has begun. */
	ASSERT_EQ(0, sim_set(1, "mbps", 20));
	patience(_metadata, PATIENT_MS);
	ASSERT_EQ(0, mem_make(&self->mem, kinds[k].kind, kinds[k].len, 0));
	self->all = kinds[k].len / PAGE;
	self->errors = channel_get(self->sims.id[0], "errors");
	ASSERT_EQ(0, counts_read(&self->counts));
}

static void each_kind(struct __test_metadata *_metadata, faults_t *self,
		      fault_fn *test)
{
	size_t k;

	for (k = 0; k < ARRAY_LEN(kinds) && __test_passed(_metadata); k++) {
		begin(_metadata, self, k);
		test(_metadata, self);
		mem_free(&self->mem);
		if (!__test_passed(_metadata))
			note("it was %s", kinds[k].name);
	}
}

TEST_F_TIMEOUT(faults, error, LIMIT)
{
	each_kind(_metadata, self, do_error);
}

TEST_F_TIMEOUT(faults, error_each_time, LIMIT)
{
	each_kind(_metadata, self, do_error_each_time);
}

TEST_F_TIMEOUT(faults, stall, LIMIT)
{
	if (self->sleeps)
		SKIP(return, "what its thread may be preparing is not ended");
	each_kind(_metadata, self, do_stall);
}

TEST_F_TIMEOUT(faults, late, LIMIT)
{
	each_kind(_metadata, self, do_late);
}

TEST_F_TIMEOUT(faults, drop_irq, LIMIT)
{
	each_kind(_metadata, self, do_drop_irq);
}

TEST_F_TIMEOUT(faults, removal, LIMIT)
{
	each_kind(_metadata, self, do_removal);
}

TEST_F_TIMEOUT(faults, out_of_order, LIMIT)
{
	each_kind(_metadata, self, do_out_of_order);
}

TEST_F_TIMEOUT(faults, small_ring, LIMIT)
{
	each_kind(_metadata, self, do_small_ring);
}

TEST_F_TIMEOUT(faults, disorder_and_errors, LIMIT)
{
	each_kind(_metadata, self, do_disorder_and_errors);
}

TEST_F_TIMEOUT(faults, late_and_removal, LIMIT)
{
	each_kind(_metadata, self, do_late_and_removal);
}

TEST_F_TIMEOUT(faults, removed_while_hung, LIMIT)
{
	each_kind(_metadata, self, do_removed_while_hung);
}

TEST_F_TIMEOUT(faults, wrong_status, LIMIT)
{
	if (channel_get(self->sims.id[0], "verify") == -ENOENT)
		SKIP(return, "channels cannot be verified");
	each_kind(_metadata, self, do_wrong_status);
}

TEST_F_TIMEOUT(faults, over_report, LIMIT)
{
	if (variant->dma)
		SKIP(return, "only a native driver can say so");
	each_kind(_metadata, self, do_over_report);
}

TEST_F_TIMEOUT(faults, double_report, LIMIT)
{
	if (variant->dma)
		SKIP(return, "only a native driver can say so");
	each_kind(_metadata, self, do_double_report);
}

TEST_HARNESS_MAIN
