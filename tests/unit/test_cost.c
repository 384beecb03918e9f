// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cost.c - what a copy by CPU costs: samples, averages, predictions.
 */
#include <stdint.h>

#include "cost.h"
#include "tap.h"

static void test_rate(void)
{
	is(mgx_cost_rate(1 << 20, 12345), 12345, "a MiB");
	is(mgx_cost_rate(4096, 500), 500 * 256, "a page");
	is(mgx_cost_rate(1 << 20, 0), 1, "no time at all is not unknown");
	is(mgx_cost_rate(1, ~0ULL), MGX_COST_MAX, "for ever");
	is(mgx_cost_rate(1, 1 << 30), MGX_COST_MAX, "very slow");
}

static uint32_t settle(uint32_t cost, uint32_t rate, unsigned int samples)
{
	while (samples--)
		cost = mgx_cost_average(cost, rate);
	return cost;
}

static void test_average(void)
{
	is(mgx_cost_average(0, 777), 777, "the first sample");
	is(mgx_cost_average(MGX_COST_TRIAL | 5, 777), 777,
	   "the first after a trial");
	is(mgx_cost_average(800, 1600), 900, "an eighth counts");
	is(mgx_cost_average(800, 8000000), 1100, "what was disturbed is cut");
	is(settle(100000, 100, 200), 100, "it comes down all the way");
	is(settle(100, 100000, 200), 100000, "and goes up");
	is(mgx_cost_average(MGX_COST_MAX, MGX_COST_MAX), MGX_COST_MAX,
	   "the largest stays");
	is(mgx_cost_average(MGX_COST_MAX / 2, MGX_COST_MAX) < MGX_COST_TRIAL, 1,
	   "no average is taken for a trial");
}

static void test_time(void)
{
	is(mgx_cost_time(0, 1 << 20), 0, "unknown");
	is(mgx_cost_time(12345, 1 << 20), 12345, "a MiB");
	is(mgx_cost_time(256, 4096), 1, "a page");
	is(mgx_cost_time(MGX_COST_TRIAL | 256, 4096), 1, "a page, by a trial");
	is(mgx_cost_time(1000, 5ULL << 40), 5000LL << 20, "much");
	is(mgx_cost_time(MGX_COST_MAX, ~0ULL), (long long)MGX_COST_MAX << 32,
	   "too much does not wrap");
}

int main(void)
{
	test_rate();
	test_average();
	test_time();
	return tap_done();
}
