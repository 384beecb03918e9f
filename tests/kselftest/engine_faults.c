// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_faults.c - each fault of an engine outside the guest alone, under the
 * stock ioatdma driver, with folios of each size: no byte is lost, and nobody's
 * memory is written to when a copy comes too late.
 *
 * kselftest-guest: engine
 * kselftest-timeout: 1800
 * kselftest-long: five minutes a kernel
 */
#include "engine_run.h"

/* The driver tells each copy's result: nothing is in doubt. */
TEST_F_TIMEOUT(faulty, error, LIMIT)
{
	static const char *const faults[] = { "all error nth 2", NULL };

	with_faults(_metadata, &self->run, variant->kind, faults);
	expect_handled(_metadata, &self->run);
	EXPECT_EQ(self->run.before.engine, self->run.before.offloaded);
	EXPECT_LT(0, EV(&self->run.counts, folios_redone));
}

TEST_F_TIMEOUT(faulty, hang, LIMIT)
{
	static const char *const faults[] = { "all hang nth 2", NULL };
	int64_t before = engine_total("hangs");

	with_faults(_metadata, &self->run, variant->kind, faults);
	expect_handled(_metadata, &self->run);
	EXPECT_LT(before, engine_total("hangs"));
}

/* Later than the driver and the deadline wait for. */
TEST_F_TIMEOUT(faulty, late, LIMIT)
{
	static const char *const faults[] = { "all late nth 2 ms 1500", NULL };

	with_faults(_metadata, &self->run, variant->kind, faults);
	expect_handled(_metadata, &self->run);
}

/*
 * The data is written when all was said to have ended. All of the node's memory
 * that is free by then has another owner, and stays as that one left it.
 */
TEST_F_TIMEOUT(faulty, late_write, LIMIT)
{
	static const char *const faults[] = { "all late-write nth 2 ms 4000",
					      NULL };
	int64_t before = engine_total("late_writes");
	struct mem others[2];
	int node, tries;

	with_faults(_metadata, &self->run, variant->kind, faults);
	for (node = 0; node < 2; node++)
		ASSERT_EQ(0, mem_make(&others[node], MEM_ANON, MIB(128), node));
	for (tries = 0; tries < 80; tries++) {
		if (engine_total("late_writes") > before)
			break;
		usleep(250000);
	}
	sleep(1);
	EXPECT_LT(before, engine_total("late_writes"));
	for (node = 0; node < 2; node++) {
		EXPECT_EQ(0, mem_check(&others[node]));
		mem_free(&others[node]);
	}
	EXPECT_EQ(0, mem_check(&self->run.mem));
	expect_handled(_metadata, &self->run);
}

/* Nobody is told: found by asking, or by the driver's timer. */
TEST_F_TIMEOUT(faulty, lost_interrupts, LIMIT)
{
	static const char *const faults[] = { "all drop-irq nth 1 times always",
					      NULL };
	int64_t before = engine_total("dropped_interrupts");

	with_faults(_metadata, &self->run, variant->kind, faults);
	end(_metadata, &self->run);
	EXPECT_LT(before, engine_total("dropped_interrupts"));
	EXPECT_LE(self->run.before.offloaded, self->run.before.engine);
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
	static const char *const faults[] = { "all corrupt nth 2", NULL };

	ASSERT_EQ(0, verify_all("full"));
	with_faults(_metadata, &self->run, variant->kind, faults);
	expect_handled(_metadata, &self->run);
	EXPECT_LT(0, EV(&self->run.counts, verify_failed));
	EXPECT_LT(0, EV(&self->run.counts, channel_failed));
	EXPECT_EQ(0, verify_all("off"));
}

static void *mover_main(void *arg)
{
	struct run *r = arg;
	int node;

	for (node = 2; node--;)
		mem_move_pages(&r->mem, node, false);
	return NULL;
}

/*
 * Half of the engine is pulled out while pages are moved; all its driver sees is
 * that it reads ones, and it resets without end what is not there: 200 ms in a
 * timer for each channel that had work. So that the machine is not kept from all
 * else, one channel of each half has to do. Back again the engine is as after
 * power-on, which the driver does not expect of it: it has to begin anew.
 */
TEST_F_TIMEOUT(faulty, removal, 3 * LIMIT)
{
	pthread_t mover;

	self->run.skip = 3;
	begin(_metadata, &self->run, variant->kind, MIB(4), true);
	ASSERT_EQ(0, aside_start(&mover, mover_main, &self->run));
	usleep(50000);
	EXPECT_EQ(0, engine_ask(NULL, 0, "remove fn 1"));
	pthread_join(mover, NULL);
	move_to(_metadata, &self->run, 1);
	end(_metadata, &self->run);
	EXPECT_LT(0, EV(&self->run.counts, channel_failed));
	EXPECT_EQ(0, file_write(SETTINGS "dmaengine", "0"));
	EXPECT_EQ(0, engine_ask(NULL, 0, "insert fn 1"));
	EXPECT_EQ(0, system("modprobe -r ioatdma && modprobe ioatdma"));
}

TEST_HARNESS_MAIN
