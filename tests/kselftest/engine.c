// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - pages are copied by an engine outside the guest, under the stock
 * ioatdma driver: every byte is verified, the bytes that the engine counts are
 * those that the module says it offloaded, and these with the CPU's and the
 * kernel's are what pgmigrate_success counts. With faults of the engine, no byte
 * is lost, and nobody's memory is written to when a copy comes too late.
 *
 * kselftest-guest: engine
 * kselftest-timeout: 600
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define LIMIT	 120 /* seconds, on a busy machine */
#define PAGE	 4096UL
#define SETTINGS "/sys/module/migrate_ext/parameters/"

/**
 * struct figures - who copied how much
 * @engine: bytes, counted by the engine
 * @offloaded: bytes, as the module says, by channels of dmaengine
 * @caller: bytes, by the CPU that migrates
 * @migrated: pages, by pgmigrate_success
 */
struct figures {
	uint64_t engine;
	uint64_t offloaded;
	uint64_t caller;
	uint64_t migrated;
};

FIXTURE(engine)
{
	struct figures before;
	struct counts counts;
	struct mem mem;
};

static void figures_read(struct figures *f)
{
	f->engine = engine_total("bytes");
	f->offloaded = channels_bytes("dmaengine");
	f->caller = channels_bytes("caller");
	f->migrated = table_read("/proc/vmstat", "pgmigrate_success");
}

static void figures_since(struct figures *f)
{
	struct figures now;

	figures_read(&now);
	f->engine = now.engine - f->engine;
	f->offloaded = now.offloaded - f->offloaded;
	f->caller = now.caller - f->caller;
	f->migrated = now.migrated - f->migrated;
}

/* All channels of the engine in turn; the CPU helps or does not. */
static int policy_run(bool free_cpu)
{
	int first, last, nr = channels_find("dmaengine", &first, &last);
	char command[256];

	if (nr != last - first + 1 || nr < 8)
		return -ENODEV;
	snprintf(
		command, sizeof(command),
		"mgxctl load mgx_roundrobin --set first=%d --set last=%d --set width=4 --set free_cpu=%d >/dev/null",
		first, last, free_cpu);
	return system(command) ? -EIO : 0;
}

static void policy_end(void)
{
	if (!mgx_is("ops", "") && system("mgxctl unload >/dev/null"))
		note("the policy cannot be unloaded");
}

FIXTURE_SETUP(engine)
{
	int rc = engine_start();

	self->mem.fd = -1;
	if (rc == -EOPNOTSUPP)
		SKIP(return, "no engine");
	ASSERT_EQ(0, rc);
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, setting_set(SETTINGS "dmaengine", "1"));
	/* A host that is busy makes an engine slow; faults set their own. */
	ASSERT_EQ(0, setting_set(SETTINGS "deadline_ms", "5000"));
	ASSERT_EQ(0, engine_ask(NULL, 0, "clear chan all"));
}

FIXTURE_TEARDOWN(engine)
{
	engine_ask(NULL, 0, "clear chan all");
	policy_end();
	mem_free(&self->mem);
	setting_restore();
}

typedef FIXTURE_DATA(engine) engine_t;

/* What could not move now, can when its channel has been given up. */
static void move_to(struct __test_metadata *_metadata, engine_t *self, int node)
{
	ssize_t want = self->mem.len / PAGE, there = 0;
	int tries;

	for (tries = 0; tries < 20 && there < want; tries++)
		there = mem_move_pages(&self->mem, node, false);
	EXPECT_EQ(want, there);
}

static void begin(struct __test_metadata *_metadata, engine_t *self,
		  enum mem_kind kind, size_t len, bool free_cpu)
{
	ASSERT_EQ(0, mem_make(&self->mem, kind, len, 0));
	ASSERT_EQ(0, policy_run(free_cpu));
	ASSERT_EQ(0, counts_read(&self->counts));
	figures_read(&self->before);
}

static void there_and_back(struct __test_metadata *_metadata, engine_t *self)
{
	move_to(_metadata, self, 1);
	EXPECT_EQ(0, mem_check(&self->mem));
	move_to(_metadata, self, 0);
	EXPECT_EQ(0, mem_check(&self->mem));
}

/* Counters stand still when the policy has gone. */
static void end(struct __test_metadata *_metadata, engine_t *self)
{
	policy_end();
	ASSERT_EQ(0, counts_since(&self->counts));
	figures_since(&self->before);
	note("engine %llu, offloaded %llu, CPU %llu, kernel %llu bytes; migrated %llu pages",
	     (unsigned long long)self->before.engine,
	     (unsigned long long)self->before.offloaded,
	     (unsigned long long)self->before.caller,
	     (unsigned long long)(EV(&self->counts, pages_kernel) * PAGE),
	     (unsigned long long)self->before.migrated);
}

/*
 * Copies of a folio whose migration failed afterwards are copies, but no
 * migrated pages: someone had looked at it.
 */
static void expect_sums(struct __test_metadata *_metadata, engine_t *self)
{
	const struct figures *f = &self->before;
	const struct counts *c = &self->counts;
	uint64_t unused = EV(c, pages_copied) - EV(c, pages_used);

	EXPECT_EQ(f->engine, f->offloaded);
	EXPECT_EQ(EV(c, pages_copied) * PAGE, f->offloaded + f->caller);
	EXPECT_EQ(f->migrated + unused,
		  (f->offloaded + f->caller) / PAGE + EV(c, pages_kernel));
	EXPECT_EQ(0, EV(c, folios_limbo));
	EXPECT_EQ(0, EV(c, folios_redone));
	if (!__test_passed(_metadata))
		counts_print(c);
}

static void kind(struct __test_metadata *_metadata, engine_t *self,
		 enum mem_kind kind, bool free_cpu)
{
	begin(_metadata, self, kind, MIB(8), free_cpu);
	there_and_back(_metadata, self);
	end(_metadata, self);
	expect_sums(_metadata, self);
	EXPECT_LE(2 * self->mem.len / PAGE, self->before.migrated);
	EXPECT_LT(free_cpu ? self->mem.len : 0, self->before.offloaded);
}

TEST_F(engine, anon)
{
	kind(_metadata, self, MEM_ANON, true);
}

TEST_F(engine, mthp)
{
	kind(_metadata, self, MEM_MTHP, true);
}

TEST_F(engine, thp)
{
	kind(_metadata, self, MEM_THP, true);
}

TEST_F(engine, shmem)
{
	kind(_metadata, self, MEM_SHMEM, true);
}

TEST_F(engine, hugetlb)
{
	ASSERT_EQ(0, hugetlb_pool(4));
	kind(_metadata, self, MEM_HUGETLB, true);
}

TEST_F(engine, anon_cpu_helps)
{
	kind(_metadata, self, MEM_ANON, false);
}

TEST_F(engine, thp_cpu_helps)
{
	kind(_metadata, self, MEM_THP, false);
}

/* --- faults ------------------------------------------------------------------ */

/*
 * On every channel, each with its own place in the row. Returns with the policy
 * still in charge.
 */
static void with_fault(struct __test_metadata *_metadata, engine_t *self,
		       const char *fault)
{
	begin(_metadata, self, MEM_ANON, MIB(4), true);
	ASSERT_EQ(0, setting_set(SETTINGS "deadline_ms", "500"));
	ASSERT_EQ(0, engine_ask(NULL, 0, "fault chan all %s", fault));
	there_and_back(_metadata, self);
}

/* What the module does not count, because it gave up, the engine may have done. */
static void expect_handled(struct __test_metadata *_metadata, engine_t *self)
{
	const struct counts *c = &self->counts;

	EXPECT_LE(self->before.offloaded, self->before.engine);
	EXPECT_LT(0, EV(c, folios_redone) + EV(c, folios_limbo));
	EXPECT_LT(0, EV(c, channel_failed) + EV(c, folios_redone));
	counts_print(c);
}

/* The driver tells each copy's result: nothing is in doubt. */
TEST_F(engine, error)
{
	with_fault(_metadata, self, "error nth 3");
	end(_metadata, self);
	EXPECT_EQ(self->before.engine, self->before.offloaded);
	EXPECT_LT(0, EV(&self->counts, folios_redone));
	expect_handled(_metadata, self);
}

TEST_F(engine, hang)
{
	with_fault(_metadata, self, "hang nth 3");
	end(_metadata, self);
	EXPECT_LT(0, engine_total("hangs"));
	expect_handled(_metadata, self);
}

/* Later than the driver and the deadline wait for. */
TEST_F(engine, late)
{
	with_fault(_metadata, self, "late nth 3 ms 1500");
	end(_metadata, self);
	expect_handled(_metadata, self);
}

/*
 * The data is written when all was said to have ended. All of the node's memory
 * that is free by then has another owner, and stays as that one left it.
 */
TEST_F(engine, late_write)
{
	int64_t before = engine_total("late_writes");
	struct mem others[2];
	int node, tries;

	with_fault(_metadata, self, "late-write nth 3 ms 6000");
	for (node = 0; node < 2; node++)
		ASSERT_EQ(0, mem_make(&others[node], MEM_ANON, MIB(128), node));
	for (tries = 0; tries < 40; tries++) {
		if (engine_total("late_writes") > before)
			break;
		usleep(250000);
	}
	sleep(1);
	EXPECT_LT(before, engine_total("late_writes"));
	end(_metadata, self);
	for (node = 0; node < 2; node++) {
		EXPECT_EQ(0, mem_check(&others[node]));
		mem_free(&others[node]);
	}
	EXPECT_EQ(0, mem_check(&self->mem));
	expect_handled(_metadata, self);
}

/* Nobody is told: found by asking, or by the driver's timer. */
TEST_F(engine, lost_interrupts)
{
	with_fault(_metadata, self, "drop-irq nth 1 times always");
	end(_metadata, self);
	EXPECT_LT(0, engine_total("dropped_interrupts"));
	EXPECT_LE(self->before.offloaded, self->before.engine);
}

/* --- the driver leaves ----------------------------------------------------------- */

#define DRIVER "/sys/bus/pci/drivers/ioatdma/"

/* The PCI function that the channel of dmaengine is of. */
static int function_of(const char *name, char *function, size_t len)
{
	char link[128], path[PATH_MAX];

	snprintf(link, sizeof(link), "/sys/class/dma/%s/device", name);
	if (!realpath(link, path))
		return -errno;
	snprintf(function, len, "%s", strrchr(path, '/') + 1);
	return 0;
}

static bool all_back(void)
{
	int first, last, tries;

	for (tries = 0; tries < 600; tries++) {
		if (channels_find("dmaengine", &first, &last) == 8)
			return true;
		usleep(100000);
	}
	return false;
}

/*
 * Its channels are given back before the driver has left, not at the next scan:
 * by then they are freed memory, that dma_release_channel() would write to.
 */
TEST_F_TIMEOUT(engine, unbound, LIMIT)
{
	char function[64], name[64], path[128];
	int first, last;

	begin(_metadata, self, MEM_ANON, MIB(2), false);
	move_to(_metadata, self, 1);
	ASSERT_EQ(8, channels_find("dmaengine", &first, &last));
	snprintf(path, sizeof(path), "/sys/kernel/migrate_ext/channels/%d/name",
		 first);
	ASSERT_EQ(0, file_read(path, name, sizeof(name)));
	ASSERT_EQ(0, function_of(name, function, sizeof(function)));
	ASSERT_EQ(0, file_write(DRIVER "unbind", function));
	EXPECT_EQ(-ENOENT, channel_find(name));
	EXPECT_EQ(4, channels_find("dmaengine", &first, &last));
	move_to(_metadata, self, 0);
	EXPECT_EQ(0, mem_check(&self->mem));
	EXPECT_EQ(0, file_write(DRIVER "bind", function));
	EXPECT_TRUE(all_back());
	move_to(_metadata, self, 1);
	EXPECT_EQ(0, mem_check(&self->mem));
}

/* --- faults, alone and together, with folios of each size --------------------- */

FIXTURE(faulty)
{
	struct counts counts;
	struct mem mem;
	struct figures before;
};

FIXTURE_VARIANT(faulty)
{
	enum mem_kind kind;
};

FIXTURE_VARIANT_ADD(faulty, anon){ MEM_ANON };
FIXTURE_VARIANT_ADD(faulty, mthp){ MEM_MTHP };
FIXTURE_VARIANT_ADD(faulty, thp){ MEM_THP };
FIXTURE_VARIANT_ADD(faulty, hugetlb){ MEM_HUGETLB };

typedef FIXTURE_DATA(faulty) faulty_t;
typedef FIXTURE_VARIANT(faulty) faulty_variant_t;

/* The deadline is beyond what a busy host makes of an engine that is well. */
FIXTURE_SETUP(faulty)
{
	int rc = engine_start();

	self->mem.fd = -1;
	if (rc == -EOPNOTSUPP)
		SKIP(return, "no engine");
	ASSERT_EQ(0, rc);
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, setting_set(SETTINGS "dmaengine", "1"));
	ASSERT_EQ(0, setting_set(SETTINGS "deadline_ms", "1000"));
	ASSERT_EQ(0, engine_ask(NULL, 0, "clear chan all"));
}

FIXTURE_TEARDOWN(faulty)
{
	engine_ask(NULL, 0, "clear chan all");
	policy_end();
	mem_free(&self->mem);
	setting_restore();
}

static void move_faulty(struct __test_metadata *_metadata, faulty_t *self,
			int node)
{
	ssize_t want = self->mem.len / PAGE, there = 0;
	int tries;

	for (tries = 0; tries < 20 && there < want; tries++) {
		there = mem_move_pages(&self->mem, node, false);
		/* The kernel splits what failed, and mTHP that moves again. */
		if (self->mem.unit < MIB(2))
			self->mem.unit = PAGE;
	}
	EXPECT_EQ(want, there);
	EXPECT_EQ(0, mem_check(&self->mem));
}

static void run_faulty(struct __test_metadata *_metadata, faulty_t *self,
		       const faulty_variant_t *variant,
		       const char *const *faults)
{
	if (variant->kind == MEM_HUGETLB)
		ASSERT_EQ(0, hugetlb_pool(4));
	ASSERT_EQ(0, mem_make(&self->mem, variant->kind, MIB(4), 0));
	ASSERT_EQ(0, policy_run(true));
	ASSERT_EQ(0, counts_read(&self->counts));
	figures_read(&self->before);
	for (; *faults; faults++)
		ASSERT_EQ(0, engine_ask(NULL, 0, "fault chan %s", *faults));
	move_faulty(_metadata, self, 1);
	move_faulty(_metadata, self, 0);
	policy_end();
	ASSERT_EQ(0, counts_since(&self->counts));
	figures_since(&self->before);
	EXPECT_LE(self->before.offloaded, self->before.engine);
	counts_print(&self->counts);
}

TEST_F_TIMEOUT(faulty, errors, LIMIT)
{
	static const char *const faults[] = { "all error nth 2", NULL };

	run_faulty(_metadata, self, variant, faults);
	EXPECT_LT(0, EV(&self->counts, folios_redone));
}

/* One of each, at the same time, on the eight channels. */
TEST_F_TIMEOUT(faulty, all_together, LIMIT)
{
	static const char *const faults[] = {
		"0.0 hang nth 2",
		"0.1 error nth 1 code write-data",
		"0.2 drop-irq nth 1 times always",
		"0.3 late nth 1 ms 2500",
		"1.0 late-write nth 2 ms 3000",
		"1.1 error nth 3",
		NULL,
	};

	run_faulty(_metadata, self, variant, faults);
	EXPECT_LT(0, EV(&self->counts, folios_redone) +
			     EV(&self->counts, folios_limbo));
}

static int verify_all(const char *how)
{
	int id, first, last, rc = 0;

	if (channels_find("dmaengine", &first, &last) < 1)
		return -ENODEV;
	for (id = first; id <= last && !rc; id++)
		rc = channel_set(id, "verify", how);
	return rc;
}

/* It says all is well, and one byte is wrong: only a comparison tells. */
TEST_F_TIMEOUT(faulty, corrupt, LIMIT)
{
	static const char *const faults[] = { "all corrupt nth 3", NULL };

	ASSERT_EQ(0, verify_all("full"));
	run_faulty(_metadata, self, variant, faults);
	EXPECT_LT(0, EV(&self->counts, verify_failed));
	EXPECT_LT(0, EV(&self->counts, channel_failed));
	EXPECT_EQ(0, verify_all("off"));
}

TEST_HARNESS_MAIN
