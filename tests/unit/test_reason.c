// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_reason.c - the decisions of the policy mgx_reason.
 */
#include "mgx_reason.h"
#include "tap.h"
#include "util.h"

static void test_share(void)
{
	struct mgx_reason_rule rule = { .min_bytes = 65536 };

	is(mgx_reason_share(&rule, 65535), 0, "below the minimum: left alone");
	is(mgx_reason_share(&rule, 65536), 65536,
	   "the minimum itself is enough");
	is(mgx_reason_share(&rule, 2 << 20), 2 << 20, "all of a larger batch");
	rule.min_bytes = 0;
	is(mgx_reason_share(&rule, 4096), 4096,
	   "no minimum: one page is enough");
	is(mgx_reason_share(&rule, 0), 0, "an empty batch is nothing");
	rule.min_bytes = ~0ULL;
	is(mgx_reason_share(&rule, 2 << 20), 0, "greatest minimum: never");
	rule = (struct mgx_reason_rule){ .skip = true };
	is(mgx_reason_share(&rule, 2 << 20), 0,
	   "skipped reasons have no share");
}

static void test_limit(void)
{
	struct mgx_reason_rule rule = { .limit_pages = 64 };

	is(mgx_reason_limit(&rule, 0), 64, "the limit for base pages");
	is(mgx_reason_limit(&rule, 6), 64, "a folio as large as the limit");
	is(mgx_reason_limit(&rule, 9), 512, "raised to the first folio");
	is(mgx_reason_limit(&rule, 30), 1 << 30, "largest order that counts");
	is(mgx_reason_limit(&rule, 31), 0, "no shift into the sign");
	is(mgx_reason_limit(&rule, ~0U), 0, "no shift beyond the width");
	rule.limit_pages = ~0U;
	is(mgx_reason_limit(&rule, 9), ~0U, "greatest limit");
	rule.limit_pages = 0;
	is(mgx_reason_limit(&rule, 9), 0, "0: no limit");
	rule = (struct mgx_reason_rule){ .limit_pages = 64, .skip = true };
	is(mgx_reason_limit(&rule, 0), 0, "skipped reasons have no limit");
}

static void test_known(void)
{
	ok(mgx_reason_known(0), "the first reason");
	ok(mgx_reason_known(MGX_NR_REASONS - 1), "the last reason");
	ok(!mgx_reason_known(MGX_NR_REASONS), "one more than there are");
	ok(!mgx_reason_known(~0U), "far more than there are");
}

static void test_names(void)
{
	static const char *const names[] = MGX_REASON_NAMES;

	is(ARRAY_SIZE(names), MGX_NR_REASONS, "each reason has a name");
	is_text(names[MGX_REASON_NUMA_MISPLACED], "numa_misplaced",
		"names are in order");
	is_text(names[MGX_REASON_DAMON], "damon", "up to the last");
}

int main(void)
{
	test_share();
	test_limit();
	test_known();
	test_names();
	return tap_done();
}
