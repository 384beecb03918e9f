// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_pick.c - which channels mgx_threshold, mgx_nearest, mgx_least_loaded and
 * mgx_free_cpu pick.
 */
#include "pick.h"
#include "tap.h"
#include "util.h"

static void add(struct mgx_pick *p, __u32 width, __u32 id, __u64 score)
{
	mgx_pick_add(p, width,
		     (struct mgx_pick_one){ .id = id, .score = score });
}

static void test_order(void)
{
	struct mgx_pick p = {};

	add(&p, 2, 1, 50);
	add(&p, 2, 2, 10);
	is(p.nr, 2, "two have room");
	is(p.one[0].id, 2, "the better one is first");
	add(&p, 2, 3, 20);
	is(p.nr, 2, "no more than asked for");
	is(p.one[0].id, 2, "the best stays");
	is(p.one[1].id, 3, "the worst is pushed out");
	add(&p, 2, 4, 20);
	is(p.one[1].id, 3, "equals: who came first, which is nearer");
}

static void test_room(void)
{
	struct mgx_pick p = {};
	__u32 i;

	for (i = 0; i < 100; i++)
		add(&p, 100, i, 1000 - i);
	is(p.nr, MGX_PICK_MAX, "never more than there is room for");
	is(p.one[0].id, 99, "of all, the best");
	is(p.one[6].id, 93, "down to the seventh");
	p.nr = 0;
	add(&p, 0, 1, 1);
	is(p.nr, 0, "none, if none is asked for");
}

static void test_scores(void)
{
	is(mgx_pick_distance(1, 0, 1), 0, "the destination's node is nearest");
	is(mgx_pick_distance(0, 0, 1), 1, "then the source's");
	is(mgx_pick_distance(2, 0, 1), 2, "then others");
	is(mgx_pick_distance(-1, 0, 1), 2, "and what has no node");
	is(mgx_pick_ready_ns(0, 100, 0, 1000), 10000, "by bandwidth");
	is(mgx_pick_ready_ns(9000, 100, 0, 1000), 100000, "behind what it has");
	is(mgx_pick_ready_ns(0, 100, 50000, 1000), 50000, "and by latency");
	is(mgx_pick_ready_ns(0, 0, 0, 1000), 0, "unknown: worth a try");
	ok(mgx_pick_ready_ns(1, 0, 0, 1000) > 0, "but not by all at once");
}

int main(void)
{
	test_order();
	test_room();
	test_scores();
	return tap_done();
}
