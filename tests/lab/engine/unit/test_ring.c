// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_ring.c - arithmetic: ring, descriptors, pace, faults.
 */
#include "desc.h"
#include "fault.h"
#include "pace.h"
#include "ring.h"
#include "tap.h"

#define MS 1000000ULL

static void test_ring(void)
{
	is(ring_waiting(0, 0), 0, "an empty ring");
	is(ring_waiting(7, 3), 4, "descriptors wait");
	is(ring_waiting(2, 65534), 4, "over the wrap of 16 bits");
	is(ring_waiting(65535, 0), 65535, "a full ring");
	ok(ring_aligned(0x40) && ring_aligned(0), "aligned");
	ok(!ring_aligned(0x20) && !ring_aligned(0x41), "not aligned");
	is(ring_status(0x12340040, IOAT_DONE), 0x12340041, "status when done");
	is(ring_status(0, IOAT_HALTED), 3, "status of an error at the start");
	is(ring_status(0x7f, IOAT_ACTIVE), 0x40, "low bits are the state's");
}

static uint32_t check(uint32_t size, uint32_t ctl, uint64_t src, uint64_t dst)
{
	struct ioat_desc desc = {
		.size = size, .ctl = ctl, .src = src, .dst = dst
	};

	return desc_check(&desc);
}

static void test_desc(void)
{
	const uint64_t end = UINT64_MAX;

	is(check(1, 0, 0, 0), 0, "a copy of one byte");
	is(check(1 << 20, 0x19, 0, 0), 0, "a copy of 1 MiB, fenced");
	is(check(1, 0x29, 0, 0), 0, "a null descriptor");
	is(check(1, 0x20, end, end), 0, "its addresses do not matter");
	is(check(0, 0, 0, 0), IOAT_ERR_LENGTH, "no bytes");
	is(check((1 << 20) + 1, 0, 0, 0), IOAT_ERR_LENGTH, "too many bytes");
	is(check(UINT32_MAX, 0, 0, 0), IOAT_ERR_LENGTH, "far too many bytes");
	is(check(1, 0x87000000, 0, 0), IOAT_ERR_CONTROL, "an XOR");
	is(check(1, 0x40, 0, 0), IOAT_ERR_CONTROL, "a page break");
	is(check(16, 0, end - 7, 0), IOAT_ERR_SRC_ADDR, "source wraps");
	is(check(16, 0, 0, end - 7), IOAT_ERR_DEST_ADDR, "destination wraps");
}

static void test_pace(void)
{
	struct timing fast = { 0 };
	struct timing slow = { .mbps = 1000, .latency_us = 500 };
	struct pace pace = { .random = 1 };

	pace_start(&pace, 10 * MS);
	is(pace_next(&pace, &fast, 4096), 10 * MS, "as fast as it goes");
	is(pace_next(&pace, &slow, 1000000), 11 * MS + MS / 2,
	   "1 MB at 1000 MB/s, and the latency");
	is(pace_next(&pace, &slow, 1000000), 12 * MS + MS / 2,
	   "the next one pays no latency of its own");
	pace_start(&pace, 11 * MS);
	is(pace_next(&pace, &slow, 1000000), 13 * MS + MS / 2,
	   "a doorbell while it is busy changes nothing");
	pace_start(&pace, 100 * MS);
	is(pace_next(&pace, &slow, 1000), 100 * MS + 1000 + MS / 2,
	   "an idle channel begins at the doorbell");
}

static void test_jitter(void)
{
	struct timing timing = { .latency_us = 10, .jitter_us = 100 };
	struct pace pace = { .random = 1 };
	uint64_t due, last = 0, low = UINT64_MAX, high = 0;
	bool in_order = true;

	for (int i = 1; i <= 1000; i++) {
		pace_start(&pace, i * MS);
		due = pace_next(&pace, &timing, 1) - i * MS;
		low = due < low ? due : low;
		high = due > high ? due : high;
	}
	ok(low >= 10000 && low < 15000, "jitter may be nothing");
	ok(high <= 110000 && high > 105000, "jitter may be all of it");
	for (int i = 0; i < 1000; i++) {
		due = pace_next(&pace, &timing, 1);
		in_order = in_order && due >= last;
		last = due;
	}
	ok(in_order, "jitter does not change the order");
}

static unsigned int hits(struct fault *fault, unsigned int n)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < n; i++)
		bits |= fault_hits(fault) << i;
	return bits;
}

static void test_faults(void)
{
	struct fault off = { 0 };
	struct fault third = { .nth = 3, .times = 1 };
	struct fault two = { .nth = 2, .times = 2 };
	struct fault always = { .nth = 4, .times = FAULT_ALWAYS };

	is(hits(&off, 8), 0, "a fault that is off");
	is(hits(&third, 8), 0x04, "the third one");
	is(hits(&two, 8), 0x06, "the second and the third");
	is(hits(&always, 8), 0xf8, "from the fourth on");
}

static void test_names(void)
{
	char names[300];
	bool known = true;

	is(fault_kind("late-write"), FAULT_LATE_WRITE, "a kind by its name");
	is(fault_kind("later"), -1, "no such kind");
	is(fault_code("write-data"), IOAT_ERR_WRITE_DATA, "a code");
	is(fault_code("write"), 0, "no such code");
	is_text(fault_code_name(IOAT_ERR_LENGTH), "length", "name of a code");
	is_text(fault_code_name(3), "none", "name of no code");
	strcpy(names, fault_code_names());
	for (char *n = strtok(names, " "); n; n = strtok(NULL, " "))
		known = known && fault_code(n);
	ok(known, "all names that messages list are known");
}

int main(void)
{
	test_ring();
	test_desc();
	test_pace();
	test_jitter();
	test_faults();
	test_names();
	return tap_done();
}
