// SPDX-License-Identifier: GPL-2.0-only
/*
 * reserve.c - more migrations at once than there are contexts: those that get
 * none pass through, nothing is lost, nobody waits.
 *
 * kselftest-timeout: 600
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define THREADS 12

FIXTURE(reserve){};

FIXTURE_VARIANT(reserve)
{
	const char *param;
	int per_cpu;
};

FIXTURE_VARIANT_ADD(reserve, one){ "reserve=1", 1 };
FIXTURE_VARIANT_ADD(reserve, none){ "reserve=0", 1 };
FIXTURE_VARIANT_ADD(reserve, many){ "reserve=1000", 64 };
FIXTURE_VARIANT_ADD(reserve, usual){ "", 4 };

static int reload(const char *params)
{
	int rc = module_remove();

	return rc ?: module_insert(module_path(), params);
}

FIXTURE_SETUP(reserve)
{
	ASSERT_EQ(0, reload(variant->param));
}

FIXTURE_TEARDOWN(reserve)
{
	EXPECT_EQ(0, reload(""));
}

TEST_F(reserve, size)
{
	char size[32];

	ASSERT_EQ(0, mgx_read("reserve", size, sizeof(size)));
	EXPECT_EQ(variant->per_cpu * get_nprocs_conf(), atoi(size));
}

FIXTURE(empty)
{
	struct policy policy;
};

FIXTURE_SETUP(empty)
{
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, reload("reserve=1"));
	ASSERT_EQ(0, policy_start(&self->policy, "mgx_cpu"));
}

FIXTURE_TEARDOWN(empty)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, reload(""));
	setting_restore();
}

/* Until enough calls have had a context, and have had none. */
static bool wait_for(struct counts *c, uint64_t without, uint64_t used)
{
	int tries;

	for (tries = 0; tries < 300; tries++) {
		if (counts_read(c))
			return false;
		if (EV(c, calls_no_context) >= without &&
		    EV(c, pages_used) >= used)
			return true;
		usleep(100000);
	}
	return false;
}

TEST_F_TIMEOUT(empty, passes_through, 60)
{
	struct load *load = load_start(THREADS, MIB(1));
	struct counts c;

	ASSERT_NE(NULL, load);
	EXPECT_TRUE(wait_for(&c, 20, 20000));
	EXPECT_EQ(0, load_stop(load));
	ASSERT_EQ(0, counts_read(&c));
	note("%llu of %llu calls had no context",
	     (unsigned long long)EV(&c, calls_no_context),
	     (unsigned long long)EV(&c, calls));
	EXPECT_LT(EV(&c, calls_no_context), EV(&c, calls));
	EXPECT_LE(EV(&c, pages_used), EV(&c, pages_copied));
}

TEST_HARNESS_MAIN
