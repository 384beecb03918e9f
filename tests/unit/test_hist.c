// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_hist.c - log-linear histograms: each value is in its bucket, buckets
 * follow one another without a gap, quantiles are where they belong.
 */
#include <stdint.h>

#include "hist.h"
#include "tap.h"

static void test_buckets(void)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < MGX_HIST_BUCKETS; i++) {
		uint64_t floor = mgx_hist_floor(i);

		wrong += mgx_hist_bucket(floor) != i;
		if (i)
			wrong += mgx_hist_bucket(floor - 1) != i - 1;
		if (i >= 4)
			wrong += (mgx_hist_floor(i + 1) - floor) * 4 > floor;
	}
	is(wrong, 0, "buckets begin where they should and are narrow");
	is(mgx_hist_bucket(0), 0, "zero is in the first");
	is(mgx_hist_bucket(~0ULL), MGX_HIST_BUCKETS - 1,
	   "the rest is in the last");
	is(mgx_hist_floor(MGX_HIST_BUCKETS - 1), 7LL << 30,
	   "which begins late");
}

static void test_quantiles(void)
{
	uint32_t count[MGX_HIST_BUCKETS] = {}, v;

	is(mgx_hist_quantile(count, 0, 500), 0, "nothing has no median");
	for (v = 1; v <= 1000; v++)
		count[mgx_hist_bucket(v)]++;
	is(mgx_hist_quantile(count, 1000, 500), 511, "median of 1 to 1000");
	is(mgx_hist_quantile(count, 1000, 990), 1023, "99 in 100");
	is(mgx_hist_quantile(count, 1000, 1), 1, "the lowest");
	count[MGX_HIST_BUCKETS - 1] = 100000;
	is(mgx_hist_quantile(count, 101000, 990), (8LL << 30) - 1,
	   "the end of the last");
}

int main(void)
{
	test_buckets();
	test_quantiles();
	return tap_done();
}
