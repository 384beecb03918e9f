// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - pages are copied by an engine outside the guest, under the stock
 * ioatdma driver: every byte is verified, the bytes that the engine counts are
 * those that the module says it offloaded, and these with the CPU's and the
 * kernel's are what pgmigrate_success counts. With faults of each kind at once,
 * no byte is lost; each alone: engine_faults.c.
 *
 * kselftest-guest: engine
 * kselftest-timeout: 600
 */
#include "engine_run.h"

/* --- an engine that is well ---------------------------------------------------- */

/*
 * Its channels are taken once: ioatdma allocates 65,536 descriptors for each,
 * which costs minutes with KASAN and kmemleak. Who has put them to use gives them
 * back: the program, not one of its points, each of which is a child of it.
 */
static pid_t program;
static char dmaengine[8];

static void __attribute__((constructor)) channels_found(void)
{
	program = getpid();
	if (file_read(SETTINGS "dmaengine", dmaengine, sizeof(dmaengine)))
		dmaengine[0] = '\0';
}

static void __attribute__((destructor)) channels_back(void)
{
	if (getpid() == program && dmaengine[0])
		file_write(SETTINGS "dmaengine", dmaengine);
}

FIXTURE(engine)
{
	struct run run;
};

FIXTURE_VARIANT(engine)
{
	enum mem_kind kind;
	bool free_cpu;
};

FIXTURE_VARIANT_ADD(engine, anon){ MEM_ANON, true };
FIXTURE_VARIANT_ADD(engine, mthp){ MEM_MTHP, true };
FIXTURE_VARIANT_ADD(engine, thp){ MEM_THP, true };
FIXTURE_VARIANT_ADD(engine, shmem){ MEM_SHMEM, true };
FIXTURE_VARIANT_ADD(engine, hugetlb){ MEM_HUGETLB, true };
FIXTURE_VARIANT_ADD(engine, anon_cpu_helps){ MEM_ANON, false };
FIXTURE_VARIANT_ADD(engine, thp_cpu_helps){ MEM_THP, false };

FIXTURE_SETUP(engine)
{
	int rc = engine_start();

	rc = rc ?: file_write(SETTINGS "dmaengine", "1");
	rc = rc ?: run_setup(&self->run, "5000");
	if (rc == -EOPNOTSUPP)
		SKIP(return, "no engine");
	ASSERT_EQ(0, rc);
}

FIXTURE_TEARDOWN(engine)
{
	run_teardown(&self->run);
}

/*
 * Copies of a folio whose migration failed afterwards are copies, but no
 * migrated pages: someone had looked at it.
 */
TEST_F_TIMEOUT(engine, sums, LIMIT)
{
	const struct figures *f = &self->run.before;
	const struct counts *c = &self->run.counts;
	uint64_t unused;

	begin(_metadata, &self->run, variant->kind, MIB(8), variant->free_cpu);
	there_and_back(_metadata, &self->run);
	end(_metadata, &self->run);
	unused = EV(c, pages_copied) - EV(c, pages_used);
	EXPECT_EQ(f->engine, f->offloaded);
	EXPECT_EQ(EV(c, pages_copied) * PAGE, f->offloaded + f->caller);
	EXPECT_EQ(f->migrated + unused,
		  (f->offloaded + f->caller) / PAGE + EV(c, pages_kernel));
	EXPECT_EQ(0, EV(c, folios_limbo));
	EXPECT_EQ(0, EV(c, folios_redone));
	EXPECT_LE(2 * self->run.mem.len / PAGE, f->migrated);
	EXPECT_LT(variant->free_cpu ? self->run.mem.len : 0, f->offloaded);
	if (!__test_passed(_metadata))
		counts_print(c);
}

/* --- and one that is not ------------------------------------------------------- */

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

	with_faults(_metadata, &self->run, variant->kind, faults);
	expect_handled(_metadata, &self->run);
}

TEST_HARNESS_MAIN
