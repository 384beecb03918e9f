// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_copies.c - an engine under a guest that behaves, and its faults.
 */
#include <string.h>
#include <linux/pci_regs.h>

#include "clock.h"
#include "guest.h"
#include "tap.h"

static struct server server;
static struct guest g;

#define SRC(_i) (GUEST_SRC + (_i) * 0x10000)
#define DST(_i) (GUEST_DST + (_i) * 0x10000)

static struct channel *channel(unsigned int chan)
{
	return &server.function.channels[chan];
}

/* Source and destination number @i, with bytes that say which. */
static void fill(unsigned int i, size_t size)
{
	for (size_t n = 0; n < size; n++)
		g.mem[SRC(i) + n] = (n * 7 + i) ^ (n >> 8);
	memset(g.mem + DST(i), 0xee, size);
}

static bool copied(unsigned int i, size_t size)
{
	return !memcmp(g.mem + DST(i), g.mem + SRC(i), size);
}

static bool untouched(unsigned int i, size_t size)
{
	for (size_t n = 0; n < size; n++)
		if (g.mem[DST(i) + n] != 0xee)
			return false;
	return true;
}

static void copy(unsigned int chan, unsigned int i, size_t size)
{
	fill(i, size);
	chan_copy(&g, chan, DST(i), SRC(i), size);
	chan_doorbell(&g, chan);
}

static void fault(unsigned int chan, enum fault_kind kind, struct fault f)
{
	if (!f.nth)
		f.nth = 1;
	if (!f.times)
		f.times = 1;
	channel_set_fault(channel(chan), kind, &f);
}

/* Until it has happened. */
static void wait_fault(unsigned int chan, enum fault_kind kind)
{
	struct channel_view view;

	for (int i = 0; i < 5000; i++) {
		channel_look(channel(chan), &view);
		if (!view.faults[kind].times)
			return;
		sleep_ms(1);
	}
}

static void timing(unsigned int chan, uint32_t mbps, uint32_t latency_us)
{
	channel_set_timing(channel(chan), offsetof(struct timing, mbps), mbps);
	channel_set_timing(channel(chan), offsetof(struct timing, latency_us),
			   latency_us);
}

static void rearm(unsigned int chan)
{
	chan_write(&g, chan, IOAT_CHANCTRL, 2,
		   IOAT_CHANCTRL_INT_REARM | IOAT_CHANCTRL_ERR_INT_EN |
			   IOAT_CHANCTRL_ERR_COMPLETION_EN);
}

/* As the driver leaves a channel that it takes back. */
static void tidy(unsigned int chan)
{
	channel_clear_faults(channel(chan));
	timing(chan, 0, 0);
	chan_reset(&g, chan);
	chan_interrupts(&g, chan, 0);
	channel_reset_counters(channel(chan));
}

/* --- copies ------------------------------------------------------------------- */

static void test_one_copy(void)
{
	uint64_t first = GUEST_BASE + GUEST_RINGS;
	struct counters n;

	copy(0, 0, 5000);
	is(chan_wait(&g, 0, 5000), IOAT_DONE, "a copy is done");
	ok(copied(0, 5000), "all its bytes are there");
	ok(g.mem[DST(0) + 5000] == 0, "and not one more");
	ok(chan_completion(&g, 0) == (first | IOAT_DONE),
	   "the completion names the descriptor");
	is(chan_interrupts(&g, 0, 1000), 1, "an interrupt");
	n = chan_counters(&g, 0);
	is(n.copies, 1, "one copy counted");
	is(n.bytes, 5000, "and its bytes");
	is(chan_counters(&g, 1).copies, 0, "none on the next channel");
	tidy(0);
}

static void test_many_copies(void)
{
	uint64_t bytes[IOAT_NR_CHANNELS] = { 0 };
	bool good = true, counted = true;
	struct counters n;

	for (unsigned int i = 0; i < 40; i++) {
		unsigned int chan = i % IOAT_NR_CHANNELS;
		size_t size = 1 + i * 1601;

		copy(chan, i, size);
		bytes[chan] += size;
	}
	for (unsigned int chan = 0; chan < IOAT_NR_CHANNELS; chan++) {
		good = good && chan_wait(&g, chan, 5000) == IOAT_DONE;
		n = chan_counters(&g, chan);
		counted = counted && n.copies == 10 && n.bytes == bytes[chan];
	}
	ok(good, "four channels at once");
	ok(counted, "each counts its own");
	for (unsigned int i = 0; i < 40; i++)
		good = good && copied(i, 1 + i * 1601);
	ok(good, "all bytes of 40 copies");
	for (unsigned int chan = 0; chan < IOAT_NR_CHANNELS; chan++)
		tidy(chan);
}

static void test_wrap(void)
{
	bool good = true;

	for (unsigned int i = 0; i < 70000 / 32; i++) {
		for (unsigned int n = 0; n < 32; n++)
			chan_desc(&g, 2);
		chan_doorbell(&g, 2);
		good = good && chan_wait(&g, 2, 5000) == IOAT_DONE;
	}
	copy(2, 0, 4096);
	ok(good && chan_wait(&g, 2, 5000) == IOAT_DONE && copied(0, 4096),
	   "the ring goes round, and the count over 16 bits");
	is(chan_counters(&g, 2).descriptors, 70000 / 32 * 32 + 1,
	   "each descriptor is taken once");
	tidy(2);
}

static void test_interrupts(void)
{
	for (unsigned int i = 0; i < 3; i++)
		copy(1, i, 64);
	chan_wait(&g, 1, 5000);
	is(chan_interrupts(&g, 1, 1000), 1,
	   "one interrupt until it is rearmed");
	rearm(1);
	is(chan_interrupts(&g, 1, 1000), 1, "one more for what came meanwhile");
	rearm(1);
	is(chan_interrupts(&g, 1, 20), 0, "and no more");
	tidy(1);
}

static void test_suspend(void)
{
	copy(0, 0, 64);
	chan_wait(&g, 0, 5000);
	chan_write(&g, 0, IOAT_CHANCMD, 1, IOAT_CHANCMD_SUSPEND);
	for (int i = 0; i < 1000 && chan_state(&g, 0) != IOAT_SUSPENDED; i++)
		sleep_ms(1);
	copy(0, 1, 64);
	sleep_ms(20);
	ok(chan_state(&g, 0) == IOAT_SUSPENDED && untouched(1, 64),
	   "a suspended channel does not copy");
	chan_write(&g, 0, IOAT_CHANCMD, 1, IOAT_CHANCMD_RESUME);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE && copied(1, 64),
	   "it does after a resume");
	tidy(0);
}

/* --- time --------------------------------------------------------------------------- */

static void test_bandwidth(void)
{
	uint64_t start, ms;

	timing(0, 10, 0);
	start = clock_ns();
	for (unsigned int i = 0; i < 20; i++)
		chan_copy(&g, 0, DST(i), SRC(i), 50000);
	chan_doorbell(&g, 0);
	chan_wait(&g, 0, 10000);
	ms = (clock_ns() - start) / NSEC_PER_MSEC;
	if (!ok(ms >= 99 && ms < 1900, "1 MB at 10 MB/s takes 100 ms"))
		printf("# it took %llu ms\n", (unsigned long long)ms);
	timing(0, 0, 100000);
	start = clock_ns();
	for (unsigned int i = 0; i < 20; i++)
		chan_copy(&g, 0, DST(i), SRC(i), 50000);
	chan_doorbell(&g, 0);
	chan_wait(&g, 0, 10000);
	ms = (clock_ns() - start) / NSEC_PER_MSEC;
	if (!ok(ms >= 99 && ms < 1900, "a full ring pays the latency once"))
		printf("# it took %llu ms\n", (unsigned long long)ms);
	tidy(0);
}

/* --- faults ------------------------------------------------------------------------- */

static void test_error(void)
{
	struct counters n;
	uint32_t noted = 0;

	fault(0, FAULT_ERROR,
	      (struct fault){ .nth = 2, .code = IOAT_ERR_READ_DATA });
	copy(0, 0, 4096);
	copy(0, 1, 4096);
	copy(0, 2, 4096);
	is(chan_wait(&g, 0, 5000), IOAT_HALTED, "an error halts the channel");
	is(chan_read(&g, 0, IOAT_CHANERR, 4), IOAT_ERR_READ_DATA,
	   "CHANERR says which");
	ok(chan_completion(&g, 0) == ((GUEST_BASE + GUEST_RINGS) | IOAT_HALTED),
	   "the completion names the last good one");
	ok(chan_interrupts(&g, 0, 1000) > 0, "an interrupt");
	ok(copied(0, 4096) && untouched(1, 4096) && untouched(2, 4096),
	   "the failed one and those behind it are not copied");
	guest_access(&g, VFIO_USER_REGION_READ, 7, IOAT_PCI_CHANERR_INT, 4,
		     &noted);
	is(noted, IOAT_ERR_READ_DATA, "config space notes it, too");
	guest_access(&g, VFIO_USER_REGION_WRITE, 7, IOAT_PCI_CHANERR_INT, 4,
		     &noted);
	guest_access(&g, VFIO_USER_REGION_READ, 7, IOAT_PCI_CHANERR_INT, 4,
		     &noted);
	is(noted, 0, "until it is cleared");
	n = chan_counters(&g, 0);
	ok(n.copies == 1 && n.errors == 1, "one copy, one error counted");
	chan_reset(&g, 0);
	copy(0, 1, 4096);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE && copied(1, 4096),
	   "after a reset it copies again");
	tidy(0);
}

static void test_write_error(void)
{
	fault(0, FAULT_ERROR, (struct fault){ .code = IOAT_ERR_WRITE_DATA });
	copy(0, 0, 4096);
	is(chan_wait(&g, 0, 5000), IOAT_HALTED, "a write error halts, too");
	ok(copied(0, 2048) && !copied(0, 4096), "half of it was written");
	is(chan_counters(&g, 0).stale_bytes, 2048, "and counted as stale");
	tidy(0);
}

static void test_hang(void)
{
	fault(1, FAULT_HANG, (struct fault){ 0 });
	copy(1, 0, 4096);
	wait_fault(1, FAULT_HANG);
	is(chan_wait(&g, 1, 50), IOAT_ACTIVE, "a channel that hangs is active");
	chan_write(&g, 1, IOAT_CHANCMD, 1, IOAT_CHANCMD_SUSPEND);
	is(chan_wait(&g, 1, 50), IOAT_ACTIVE, "and cannot be suspended");
	chan_reset(&g, 1);
	copy(1, 1, 4096);
	ok(chan_wait(&g, 1, 5000) == IOAT_DONE && copied(1, 4096),
	   "a reset helps");
	ok(untouched(0, 4096), "the first copy is never made");
	fault(1, FAULT_HANG, (struct fault){ 0 });
	copy(1, 2, 4096);
	wait_fault(1, FAULT_HANG);
	channel_clear_faults(channel(1));
	ok(chan_wait(&g, 1, 5000) == IOAT_DONE && copied(2, 4096),
	   "the end of the fault helps, too");
	is(chan_counters(&g, 1).hangs, 2, "two hangs counted");
	tidy(1);
}

static void test_late(void)
{
	uint64_t start = clock_ns();

	fault(1, FAULT_LATE, (struct fault){ .ms = 60 });
	copy(1, 0, 4096);
	ok(chan_wait(&g, 1, 5000) == IOAT_DONE && copied(0, 4096) &&
		   clock_ns() - start >= 60 * NSEC_PER_MSEC,
	   "a late copy is late");
	fault(1, FAULT_LATE, (struct fault){ .ms = 500 });
	copy(1, 1, 4096);
	wait_fault(1, FAULT_LATE);
	chan_reset(&g, 1);
	sleep_ms(600);
	ok(untouched(1, 4096), "after a reset it never comes");
	tidy(1);
}

/* Until the late writer has written for the nth time. */
static void wait_late_write(unsigned int chan, unsigned int nth)
{
	for (int i = 0; i < 5000; i++) {
		if (chan_counters(&g, chan).late_writes >= nth)
			return;
		sleep_ms(1);
	}
}

static void test_late_write(void)
{
	struct counters n;

	fault(3, FAULT_LATE_WRITE, (struct fault){ .ms = 500 });
	copy(3, 0, 4096);
	wait_fault(3, FAULT_LATE_WRITE);
	is(chan_state(&g, 3), IOAT_ACTIVE, "a late write is not done");
	chan_reset(&g, 3);
	copy(3, 1, 4096);
	ok(chan_wait(&g, 3, 5000) == IOAT_DONE && copied(1, 4096),
	   "after a reset the channel works");
	ok(untouched(0, 4096), "and nothing is written");
	wait_late_write(3, 1);
	ok(copied(0, 4096), "but it is in the end");
	n = chan_counters(&g, 3);
	ok(n.copies == 1 && n.bytes == 4096, "no copy is counted for it");
	ok(n.late_writes == 1 && n.late_bytes == 4096 && n.stale_bytes == 4096,
	   "but a late write, and stale bytes");
	tidy(3);
}

static void test_late_write_old_data(void)
{
	uint8_t old[64];

	fault(3, FAULT_LATE_WRITE, (struct fault){ .ms = 300 });
	copy(3, 0, 64);
	memcpy(old, g.mem + SRC(0), 64);
	wait_fault(3, FAULT_LATE_WRITE);
	memset(g.mem + SRC(0), 0x33, 64);
	ok(chan_wait(&g, 3, 5000) == IOAT_DONE &&
		   !memcmp(g.mem + DST(0), old, 64),
	   "without a reset it completes, with the data of the beginning");
	ok(chan_counters(&g, 3).bytes == 64 &&
		   chan_counters(&g, 3).stale_bytes == 0,
	   "and counts as a copy");
	fault(3, FAULT_LATE_WRITE, (struct fault){ .ms = 20, .never = true });
	copy(3, 1, 64);
	wait_late_write(3, 2);
	is(chan_wait(&g, 3, 20), IOAT_ACTIVE, "with 'never' it does not");
	ok(copied(1, 64), "although all is written");
	chan_reset(&g, 3);
	is(chan_counters(&g, 3).stale_bytes, 64, "which counts as stale");
	tidy(3);
}

static void test_late_write_limit(void)
{
	unsigned int n;

	fault(3, FAULT_LATE_WRITE,
	      (struct fault){ .ms = 600000, .times = FAULT_ALWAYS });
	for (n = 0; n < 100; n++) {
		chan_copy(&g, 3, GUEST_DST, GUEST_SRC, IOAT_MAX_COPY);
		chan_doorbell(&g, 3);
		while (chan_counters(&g, 3).descriptors == n)
			sleep_ms(1);
		if (chan_state(&g, 3) == IOAT_HALTED)
			break;
		chan_reset(&g, 3);
	}
	is(n, LATE_MAX_BYTES / IOAT_MAX_COPY, "late writes are limited");
	is(chan_read(&g, 3, IOAT_CHANERR, 4), IOAT_ERR_WRITE_DATA,
	   "one more is an error");
	guest_ask(&g, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0);
	guest_command(&g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_write(&g, IOAT_INTRCTRL, 1, IOAT_INTRCTRL_MASTER_INT_EN);
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		tidy(i);
}

/* What ends a late write */
static void test_late_write_stopped(void)
{
	fault(3, FAULT_LATE_WRITE, (struct fault){ .ms = 400 });
	copy(3, 0, 64);
	wait_fault(3, FAULT_LATE_WRITE);
	guest_command(&g, PCI_COMMAND_MEMORY);
	sleep_ms(500);
	guest_command(&g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	ok(untouched(0, 64), "nothing is written without bus mastering");
	tidy(3);
	fault(3, FAULT_LATE_WRITE, (struct fault){ .ms = 400 });
	copy(3, 1, 64);
	wait_fault(3, FAULT_LATE_WRITE);
	guest_ask(&g, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0, NULL, 0);
	sleep_ms(500);
	ok(untouched(1, 64), "nor after a reset of the function");
	guest_command(&g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_write(&g, IOAT_INTRCTRL, 1, IOAT_INTRCTRL_MASTER_INT_EN);
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		tidy(i);
}

static void test_drop_irq(void)
{
	fault(0, FAULT_DROP_IRQ, (struct fault){ 0 });
	copy(0, 0, 64);
	chan_wait(&g, 0, 5000);
	is(chan_interrupts(&g, 0, 50), 0, "an interrupt is lost");
	ok((chan_completion(&g, 0) & 7) == IOAT_DONE,
	   "but the completion is written");
	copy(0, 1, 64);
	is(chan_interrupts(&g, 0, 1000), 1, "the next one comes");
	is(chan_counters(&g, 0).dropped_interrupts, 1, "one loss counted");
	tidy(0);
}

static void test_corrupt(void)
{
	unsigned int wrong = 0;

	fault(0, FAULT_CORRUPT, (struct fault){ 0 });
	copy(0, 0, 4096);
	is(chan_wait(&g, 0, 5000), IOAT_DONE, "a corrupt copy is done");
	for (unsigned int i = 0; i < 4096; i++)
		wrong += g.mem[SRC(0) + i] != g.mem[DST(0) + i];
	is(wrong, 1, "one byte is wrong");
	tidy(0);
}

static void test_combined(void)
{
	fault(0, FAULT_LATE, (struct fault){ .nth = 2, .ms = 30 });
	fault(0, FAULT_CORRUPT, (struct fault){ .nth = 2 });
	fault(0, FAULT_ERROR,
	      (struct fault){ .nth = 3, .code = IOAT_ERR_READ_DATA });
	fault(0, FAULT_DROP_IRQ, (struct fault){ .times = FAULT_ALWAYS });
	copy(0, 0, 64);
	copy(0, 1, 64);
	copy(0, 2, 64);
	is(chan_wait(&g, 0, 5000), IOAT_HALTED, "several faults at once");
	ok(copied(0, 64) && !copied(1, 64) && untouched(2, 64),
	   "each happens to its copy");
	is(chan_interrupts(&g, 0, 20), 0, "and all interrupts are lost");
	tidy(0);
}

static void test_remove(void)
{
	uint16_t id = 0;

	fault(0, FAULT_HANG, (struct fault){ 0 });
	copy(0, 0, 64);
	function_remove(&server.function, true);
	ok(chan_read(&g, 0, IOAT_CHANSTS, 8) == UINT64_MAX,
	   "registers of a removed function read as ones");
	guest_access(&g, VFIO_USER_REGION_READ, 7, PCI_VENDOR_ID, 2, &id);
	is(id, 0xffff, "so does its config space");
	guest_command(&g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	chan_doorbell(&g, 0);
	sleep_ms(20);
	ok(untouched(0, 64), "it does not copy");
	function_remove(&server.function, false);
	guest_access(&g, VFIO_USER_REGION_READ, 7, PCI_VENDOR_ID, 2, &id);
	is(id, IOAT_VENDOR_ID, "and comes back");
	guest_command(&g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_write(&g, IOAT_INTRCTRL, 1, IOAT_INTRCTRL_MASTER_INT_EN);
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		tidy(i);
	copy(0, 1, 64);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE && copied(1, 64),
	   "and copies again");
	tidy(0);
}

int main(void)
{
	guest_start(&g, &server);
	test_one_copy();
	test_many_copies();
	test_wrap();
	test_interrupts();
	test_suspend();
	test_bandwidth();
	test_error();
	test_write_error();
	test_hang();
	test_late();
	test_late_write();
	test_late_write_old_data();
	test_late_write_limit();
	test_late_write_stopped();
	test_drop_irq();
	test_corrupt();
	test_combined();
	test_remove();
	guest_stop(&g);
	return tap_done();
}
