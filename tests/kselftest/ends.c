// SPDX-License-Identifier: GPL-2.0-only
/*
 * ends.c - the ways in which a policy ends: by itself, by an error, in each of
 * its members, by being replaced or detached. Migration goes on each time, and
 * the next policy can be attached.
 *
 * kselftest-timeout: 600
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/t_exit.h"
#include "fixture.h"
#include "kselftest_harness.h"

#define PAGES 256

FIXTURE(ends)
{
	struct policy policy;
	struct mem mem;
};

FIXTURE_SETUP(ends)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, policy_open(&self->policy, "t_exit"));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * 4096, 0));
}

FIXTURE_TEARDOWN(ends)
{
	policy_close(&self->policy);
	mem_free(&self->mem);
	setting_restore();
}

typedef FIXTURE_DATA(ends) ends_t;

static void load(struct __test_metadata *_metadata, ends_t *self,
		 const struct t_exit_config *config)
{
	size_t size;
	void *rodata = policy_rodata(&self->policy, &size);

	ASSERT_NE(NULL, rodata);
	ASSERT_LE(sizeof(*config), size);
	memcpy(rodata, config, sizeof(*config));
	ASSERT_EQ(0, policy_load(&self->policy));
}

static uint64_t seen(ends_t *self, enum t_exit_seen what)
{
	return policy_count(&self->policy, "t_seen", what);
}

/**
 * struct end - how a policy ended
 * @kind: what exit() is told
 * @name: the same, in exit/kind
 * @code: what both are told
 * @msg: exit/msg
 */
struct end {
	enum mgx_exit_kind kind;
	const char *name;
	int64_t code;
	const char *msg;
};

#define BY_EXIT	      { MGX_EXIT_SELF, "self", T_EXIT_CODE, T_EXIT_MSG }
#define BY_ERROR      { MGX_EXIT_ERROR_BPF, "error_bpf", 0, T_ERROR_MSG }
#define BY_INIT(code) { MGX_EXIT_ERROR_INIT, "error_init", code, "" }

/* It was told so itself, and everyone can read it. */
static void expect_end(struct __test_metadata *_metadata, ends_t *self,
		       const struct end *end)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)end->code);
	EXPECT_TRUE(mgx_wait("hooks", "idle", 5000));
	EXPECT_TRUE(mgx_wait("exit/kind", end->name, 1000));
	EXPECT_TRUE(mgx_is("exit/name", "t_exit"));
	EXPECT_TRUE(mgx_is("exit/code", text));
	EXPECT_TRUE(mgx_is("exit/msg", end->msg));
	EXPECT_EQ(1, seen(self, T_SEEN_EXIT));
	EXPECT_EQ((uint64_t)end->kind, seen(self, T_SEEN_KIND));
	EXPECT_EQ((uint64_t)end->code, seen(self, T_SEEN_CODE));
	EXPECT_EQ(0, seen(self, T_SEEN_LATE));
}

static void expect_moves(struct __test_metadata *_metadata, ends_t *self,
			 int node)
{
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, node, false));
	EXPECT_EQ(0, mem_check(&self->mem));
}

/* After whatever came before, a policy can take charge and copies. */
static void expect_next_policy(struct __test_metadata *_metadata, ends_t *self)
{
	struct policy next;
	struct counts c;

	ASSERT_EQ(0, policy_start(&next, "mgx_cpu"));
	ASSERT_EQ(0, counts_read(&c));
	expect_moves(_metadata, self, 0);
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(PAGES, EV(&c, pages_used));
	policy_close(&next);
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

FIXTURE_VARIANT(ends)
{
	struct t_exit_config config;
	struct end end;
};

FIXTURE_VARIANT_ADD(ends, admit){
	{ T_IN_ADMIT, T_BY_EXIT, 0 },
	BY_EXIT,
};

FIXTURE_VARIANT_ADD(ends, dispatch){
	{ T_IN_DISPATCH, T_BY_EXIT, 0 },
	BY_EXIT,
};

FIXTURE_VARIANT_ADD(ends, complete){
	{ T_IN_COMPLETE, T_BY_EXIT, 0 },
	BY_EXIT,
};

FIXTURE_VARIANT_ADD(ends, admit_error){
	{ T_IN_ADMIT, T_BY_ERROR, 0 },
	BY_ERROR,
};

FIXTURE_VARIANT_ADD(ends, dispatch_error){
	{ T_IN_DISPATCH, T_BY_ERROR, 0 },
	BY_ERROR,
};

FIXTURE_VARIANT_ADD(ends, complete_error){
	{ T_IN_COMPLETE, T_BY_ERROR, 0 },
	BY_ERROR,
};

/* The policy ends itself in the midst of a migration. */
TEST_F(ends, by_itself)
{
	struct counts c;

	load(_metadata, self, &variant->config);
	ASSERT_EQ(0, policy_attach(&self->policy));
	EXPECT_TRUE(mgx_is("state", "active"));
	ASSERT_EQ(0, counts_read(&c));
	expect_moves(_metadata, self, 1);
	EXPECT_TRUE(mgx_is("state", "ejected"));
	EXPECT_TRUE(mgx_is("ops", "t_exit"));
	expect_end(_metadata, self, &variant->end);
	expect_moves(_metadata, self, 0);
	expect_moves(_metadata, self, 1);
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(1, EV(&c, policy_ejected));
	EXPECT_EQ(1, EV(&c, calls));
	EXPECT_EQ(EV(&c, pages_used), EV(&c, pages_copied));
	policy_detach(&self->policy);
	EXPECT_TRUE(mgx_is("state", "none"));
	expect_end(_metadata, self, &variant->end);
	expect_next_policy(_metadata, self);
}

/* It holds its place until another takes it over. */
TEST_F(ends, then_replaced)
{
	struct policy next, second;

	load(_metadata, self, &variant->config);
	ASSERT_EQ(0, policy_attach(&self->policy));
	expect_moves(_metadata, self, 1);
	EXPECT_TRUE(mgx_is("state", "ejected"));
	EXPECT_EQ(-EBUSY, policy_start(&second, "mgx_noop"));
	ASSERT_EQ(0, policy_open(&next, "mgx_cpu"));
	ASSERT_EQ(0, policy_load(&next));
	ASSERT_EQ(0, policy_swap(&self->policy, &next));
	EXPECT_TRUE(mgx_is("state", "active"));
	EXPECT_TRUE(mgx_is("ops", "mgx_cpu"));
	EXPECT_TRUE(mgx_is("hooks", "armed"));
	EXPECT_EQ(1, seen(self, T_SEEN_EXIT));
	expect_moves(_metadata, self, 0);
	policy_close(&next);
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

FIXTURE(setup)
{
	ends_t e;
};

FIXTURE_SETUP(setup)
{
	self->e.mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, policy_open(&self->e.policy, "t_exit"));
	ASSERT_EQ(0, mem_make(&self->e.mem, MEM_ANON, PAGES * 4096, 1));
}

FIXTURE_TEARDOWN(setup)
{
	policy_close(&self->e.policy);
	mem_free(&self->e.mem);
	setting_restore();
}

FIXTURE_VARIANT(setup)
{
	struct t_exit_config config;
	int rc;
	struct end end;
};

FIXTURE_VARIANT_ADD(setup, exit){
	{ T_IN_INIT, T_BY_EXIT, 0 },
	-ECANCELED,
	BY_EXIT,
};

FIXTURE_VARIANT_ADD(setup, error){
	{ T_IN_INIT, T_BY_ERROR, 0 },
	-ECANCELED,
	BY_ERROR,
};

FIXTURE_VARIANT_ADD(setup, errno){
	{ T_IN_INIT, T_BY_RETURN, -ENXIO },
	-ENXIO,
	BY_INIT(-ENXIO),
};

FIXTURE_VARIANT_ADD(setup, positive){
	{ T_IN_INIT, T_BY_RETURN, 7 },
	-EINVAL,
	BY_INIT(-EINVAL),
};

FIXTURE_VARIANT_ADD(setup, beyond){
	{ T_IN_INIT, T_BY_RETURN, -70000 },
	-EINVAL,
	BY_INIT(-EINVAL),
};

/* A policy that does not want to begin is not attached. */
TEST_F(setup, refuses)
{
	load(_metadata, &self->e, &variant->config);
	EXPECT_EQ(variant->rc, policy_attach(&self->e.policy));
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_EQ(1, seen(&self->e, T_SEEN_INIT));
	expect_end(_metadata, &self->e, &variant->end);
	EXPECT_EQ(0, seen(&self->e, T_SEEN_WORK));
	expect_next_policy(_metadata, &self->e);
}

/* One that is in charge stays so when its successor refuses. */
TEST_F(setup, successor_refuses)
{
	struct policy first;
	struct counts c;

	ASSERT_EQ(0, policy_start(&first, "mgx_cpu"));
	load(_metadata, &self->e, &variant->config);
	EXPECT_EQ(variant->rc, policy_swap(&first, &self->e.policy));
	EXPECT_TRUE(mgx_is("state", "active"));
	EXPECT_TRUE(mgx_is("ops", "mgx_cpu"));
	ASSERT_EQ(0, counts_read(&c));
	expect_moves(_metadata, &self->e, 0);
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(PAGES, EV(&c, pages_used));
	policy_close(&first);
}

TEST_HARNESS_MAIN
