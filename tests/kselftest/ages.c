// SPDX-License-Identifier: GPL-2.0-only
/*
 * ages.c - policies that were compiled against an older and a newer
 * migrate_ext.h: they work with this module, or are refused with the reason.
 *
 * kselftest-timeout: 120
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGES 256

FIXTURE(age)
{
	struct policy policy;
	struct mem mem;
};

FIXTURE_VARIANT(age)
{
	const char *name;
	const char *timeout_ms;
};

FIXTURE_VARIANT_ADD(age, older){ "t_older", "30000" };
FIXTURE_VARIANT_ADD(age, newer){ "t_newer", "12345" };

FIXTURE_SETUP(age)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * 4096, 0));
}

FIXTURE_TEARDOWN(age)
{
	policy_close(&self->policy);
	mem_free(&self->mem);
	setting_restore();
}

/* Each member is where this module has it, wherever the policy has it. */
TEST_F(age, works)
{
	struct counts c;

	ASSERT_EQ(0, policy_start(&self->policy, variant->name));
	EXPECT_TRUE(mgx_is("ops", variant->name));
	EXPECT_TRUE(mgx_is("timeout_ms", variant->timeout_ms));
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, 1, false));
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(PAGES, EV(&c, pages_used));
	EXPECT_EQ(0, mem_check(&self->mem));
}

static char said[4096];

static int listen(enum libbpf_print_level level, const char *fmt, va_list args)
{
	size_t len = strlen(said);

	vsnprintf(said + len, sizeof(said) - len, fmt, args);
	return 0;
}

TEST(newer_member_is_refused)
{
	struct policy policy;

	ASSERT_EQ(0, policy_open(&policy, "bad_newer"));
	libbpf_set_print(listen);
	EXPECT_EQ(-ENOTSUP, policy_load(&policy));
	EXPECT_NE(NULL, strstr(said, "patience"))
	note("libbpf said: %s", said);
	policy_close(&policy);
	EXPECT_TRUE(mgx_is("state", "none"));
}

TEST_HARNESS_MAIN
