// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_share.c - who may have how much of the engines, by mgx_fair.
 */
#include "share.h"
#include "tap.h"
#include "util.h"

#define CAPACITY (1ULL << 20)

/* A member that wants @bytes; what it is granted. */
static __u64 want(struct mgx_share_group *g, struct mgx_share_user *u,
		  __u64 window, __u64 bytes)
{
	__u64 part = mgx_share_part(g, CAPACITY), grant;

	mgx_share_seen(g, window, mgx_share_turn(u, window, part));
	part = mgx_share_part(g, CAPACITY);
	if (part == CAPACITY)
		return bytes;
	grant = mgx_share_grant(mgx_share_room(u, part), bytes, 4096);
	u->used += grant;
	return grant;
}

static void test_alone(void)
{
	struct mgx_share_group g = {};
	struct mgx_share_user u = {};
	__u64 sum = 0;
	int i;

	for (i = 0; i < 10; i++)
		sum += want(&g, &u, 1, CAPACITY);
	is(sum, 10 * CAPACITY, "alone: all, without limit");
}

/* One wants sixteen times as much as the other, and begins each time. */
static void test_greedy(void)
{
	struct mgx_share_user greedy = {}, other = {};
	struct mgx_share_group g = {};
	__u64 window, sum[2] = {}, wish = 0;
	int i;

	for (window = 1; window <= 100; window++) {
		for (i = 0; i < 16; i++)
			sum[0] += want(&g, &greedy, window, CAPACITY / 4);
		sum[1] += want(&g, &other, window, CAPACITY / 4);
		wish += CAPACITY / 4;
	}
	is(sum[1], wish, "what is within its part each has in full");
	ok(sum[0] <= 100 * CAPACITY / 2 + 4 * CAPACITY,
	   "the greedy one has half, but for the first window: %llu",
	   sum[0] / CAPACITY);
	ok(sum[0] >= 99 * CAPACITY / 2, "and all of its half");
}

static void test_left(void)
{
	struct mgx_share_user u = { .window = 1, .used = 100 };

	ok(mgx_share_turn(&u, 2, 1000), "a new window");
	is(u.left, 900, "what was left over is kept");
	is(mgx_share_room(&u, 1000), 1900, "and may be used now");
	ok(!mgx_share_turn(&u, 2, 1000), "the same window");
	mgx_share_turn(&u, 3, 1000);
	is(u.left, 1000, "one part, not the sum of all");
	mgx_share_turn(&u, 9, 1000);
	is(u.left, 0, "nothing from long ago");
	u.used = 5000;
	is(mgx_share_room(&u, 1000), 0, "more than its part: no room");
}

static void test_group(void)
{
	struct mgx_share_group g = {};

	mgx_share_seen(&g, 1, true);
	mgx_share_seen(&g, 1, true);
	mgx_share_seen(&g, 1, false);
	is(mgx_share_part(&g, 100), 50, "two are active");
	mgx_share_seen(&g, 2, true);
	is(mgx_share_part(&g, 100), 50, "who was active a moment ago counts");
	mgx_share_seen(&g, 3, true);
	is(mgx_share_part(&g, 100), 100, "not for ever");
	mgx_share_seen(&g, 9, true);
	mgx_share_seen(&g, 9, true);
	mgx_share_seen(&g, 9, true);
	is(mgx_share_part(&g, 100), 33, "three are");
}

static void test_grant(void)
{
	is(mgx_share_grant(10000, 65536, 4096), 8192, "whole pages");
	is(mgx_share_grant(3000, 65536, 4096), 0, "rather nothing than little");
	is(mgx_share_grant(1 << 30, 65536, 8192), 65536, "not more than asked");
	is(mgx_share_grant(1 << 30, 4096, 8192), 4096,
	   "little if all is little");
	is(mgx_share_grant(0, 65536, 4096), 0, "nothing");
}

int main(void)
{
	test_alone();
	test_greedy();
	test_left();
	test_group();
	test_grant();
	return tap_done();
}
