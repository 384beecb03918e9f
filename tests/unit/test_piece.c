// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_piece.c - what a channel may take at once beside others.
 */
#include <stdbool.h>
#include <stdint.h>

#include "piece.h"
#include "tap.h"

#define PAGE 4096ULL
#define NR   5

static void test_part(void)
{
	is(mgx_piece_part(1, 1), 1 << 15, "alone: half");
	is(mgx_piece_part(100, 400), 1 << 13, "one of four: an eighth");
	is(mgx_piece_part(1, 1 << 30), 1, "next to nothing is not unknown");
	is(mgx_piece_part(0, 0), 1, "no speed at all");
}

static void test_piece(void)
{
	is(mgx_piece(100 * PAGE, 0, PAGE, PAGE, true), -1, "unknown: no limit");
	is(mgx_piece(128 * PAGE, 1 << 13, PAGE, PAGE, false), 16 * PAGE,
	   "its part");
	is(mgx_piece(131 * PAGE, 1 << 13, PAGE, PAGE, false), 16 * PAGE,
	   "whole pages");
	is(mgx_piece(4 * PAGE, 1 << 13, PAGE, PAGE, false), PAGE,
	   "one page in time");
	is(mgx_piece(3 * PAGE, 1 << 13, PAGE, PAGE, false), 0,
	   "one that is too late");
	is(mgx_piece(3 * PAGE, 1 << 13, PAGE, PAGE, true), PAGE,
	   "but the first");
	is(mgx_piece(0, 1 << 13, PAGE, PAGE, false), 0, "nothing left");
	is(mgx_piece(15 * PAGE, 1 << 13, PAGE, 16 * PAGE, false), 0,
	   "small ones are not worth it");
	is(mgx_piece(33 * PAGE, 1 << 13, PAGE, 17 * PAGE, false), 4 * PAGE,
	   "a quarter is, in whole pages");
	is(mgx_piece(1ULL << 30, 1 << 15, PAGE, PAGE, false), 1ULL << 29,
	   "1 GiB");
}

/* Time in which channels of these speeds (pages per step) do a batch. */
static double makespan(const double *speed, uint64_t pages)
{
	double sum = 0, at[NR] = {}, end = 0;
	uint64_t rest = pages * PAGE, took;
	bool first[NR], out[NR] = {}; /* the last is the CPU, never out */
	int i, who, left = NR;

	for (i = 0; i < NR; i++) {
		first[i] = true;
		sum += speed[i];
	}
	while (rest && left) {
		for (who = -1, i = 0; i < NR; i++)
			if (!out[i] && (who < 0 || at[i] < at[who]))
				who = i;
		took = mgx_piece(rest,
				 mgx_piece_part(speed[who] * 1000, sum * 1000),
				 PAGE, 4 * PAGE, first[who] || who == NR - 1);
		if (took > rest)
			took = rest;
		out[who] = !took;
		left -= !took;
		first[who] = false;
		rest -= took;
		at[who] += took / PAGE / speed[who];
		if (at[who] > end)
			end = at[who];
	}
	return rest ? -1 : end * sum / pages;
}

static void near(double ratio, const char *what)
{
	if (ratio < 0.999 || ratio > 1.06)
		printf("# %.3f times the best time\n", ratio);
	ok(ratio >= 0.999 && ratio <= 1.06, what);
}

static void test_makespan(void)
{
	const double slow[NR] = { 1, 1, 1, 1, 25 };
	const double fast[NR] = { 50, 50, 50, 50, 25 };
	const double mixed[NR] = { 1, 3, 9, 27, 25 };

	near(makespan(slow, 512), "four slow channels beside a CPU");
	near(makespan(fast, 512), "four fast ones");
	near(makespan(mixed, 512), "of all sorts");
}

int main(void)
{
	test_part();
	test_piece();
	test_makespan();
	return tap_done();
}
