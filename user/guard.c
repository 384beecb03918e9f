// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c - 'mgxctl load --guard': ends a policy that makes migration dearer.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "error.h"
#include "guard.h"

#define DEFAULT_PERCENT 200
#define MAX_FACTOR	10000

static int fail_guard(const char *text)
{
	return fail(
		"give FACTOR, 1 to 10000 and not necessarily whole, and RUN, 1 or more: --guard=1.5:32",
		"--guard=%s is not understood", text);
}

/* @percent, @run: 0 for what the text does not say */
static int guard_parse(const char *text, __u32 *percent, __u32 *run)
{
	unsigned long batches = 1;
	double factor;
	char *end;

	factor = strtod(text, &end);
	if (end == text || !(factor >= 1 && factor <= MAX_FACTOR))
		return -1;
	*percent = factor * 100 + 0.5;
	if (!*end)
		return 0;
	if (*end++ != ':' || *end < '0' || *end > '9')
		return -1;
	errno = 0;
	batches = strtoul(end, &end, 10);
	if (*end || errno || !batches || batches > INT_MAX)
		return -1;
	*run = batches;
	return 0;
}

int guard_set(struct policy *policy, const char *text)
{
	__u32 percent = DEFAULT_PERCENT, run = 0;

	if (*text && guard_parse(text, &percent, &run))
		return fail_guard(text);
	if (policy_set_member(policy, "guard_percent", percent))
		return -1;
	/* 0 is what the module's parameter says. */
	return policy_set_member(policy, "guard_run", run);
}
