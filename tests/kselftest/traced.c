// SPDX-License-Identifier: GPL-2.0-only
/*
 * traced.c - others trace the hooked functions, by BPF's fentry and fexit: they
 * and the policy see the same migrations, in whatever order they come and go.
 *
 * A trampoline of BPF calls the function that it traces by itself, so one that has
 * not been told that calls are redirected passes the module by.
 *
 * kselftest-timeout: 120
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "bpf/t_traced.h"
#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	60 /* seconds, on a busy machine */
#define LEN	MIB(2)
#define TRACERS 3
#define LINGER	900 /* ms that the functions stay hooked, at least */

FIXTURE(traced)
{
	struct policy tracer;
	struct bpf_link *link[TRACERS];
	struct policy policy;
	struct counts counts;
	struct mem mem;
	int64_t hooked; /* ms: until then nobody lets go; 0: nobody does at all */
	int node;
	bool ibt;
};

typedef FIXTURE_DATA(traced) traced_t;

FIXTURE_SETUP(traced)
{
	self->mem.fd = -1;
	self->ibt = file_has("/proc/cpuinfo", " ibt ");
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, policy_open(&self->tracer, "t_traced"));
	ASSERT_EQ(0, policy_load(&self->tracer));
	ASSERT_EQ(0, policy_open(&self->policy, "mgx_cpu"));
	ASSERT_EQ(0, policy_load(&self->policy));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, LEN, 0));
}

static void trace_end(traced_t *self)
{
	int i;

	for (i = 0; i < TRACERS; i++)
		bpf_link__destroy(self->link[i]);
	for (i = 0; i < TRACERS; i++)
		self->link[i] = NULL;
}

FIXTURE_TEARDOWN(traced)
{
	trace_end(self);
	policy_close(&self->tracer);
	policy_close(&self->policy);
	mem_free(&self->mem);
	setting_restore();
}

static int trace_begin(traced_t *self)
{
	struct bpf_program *prog;
	int i = 0;

	bpf_object__for_each_program(prog, self->tracer.obj) {
		self->link[i] = bpf_program__attach(prog);
		if (!self->link[i++])
			return -errno;
	}
	return i == TRACERS ? 0 : -ENOENT;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/*
 * A call that is under way when the hooks are let go of is none for a tracer: BPF
 * replaces its trampoline, and who is inside leaves the old one without fexit
 * (bpf_tramp_image_put()).
 */
static bool let_go_meanwhile(traced_t *self)
{
	return self->hooked && now_ms() > self->hooked;
}

/* Whether those who trace, and the policy, see how memory is moved. */
static void expect_move(struct __test_metadata *_metadata, traced_t *self,
			bool traced, bool policy)
{
	uint64_t copies =
		policy_count(&self->tracer, "t_seen", T_TRACED_COPIES);
	uint64_t calls = policy_count(&self->tracer, "t_seen", T_TRACED_CALLS);

	ASSERT_EQ(0, counts_read(&self->counts));
	self->node = !self->node;
	ASSERT_EQ(LEN / PAGE, mem_move_all(&self->mem, self->node, false));
	EXPECT_EQ(0, mem_check(&self->mem));
	ASSERT_EQ(0, counts_since(&self->counts));
	if (let_go_meanwhile(self)) {
		TH_LOG("moved too slowly to say who has seen it");
		return;
	}
	copies =
		policy_count(&self->tracer, "t_seen", T_TRACED_COPIES) - copies;
	calls = policy_count(&self->tracer, "t_seen", T_TRACED_CALLS) - calls;
	EXPECT_EQ(traced, calls > 0);
	EXPECT_EQ(traced, copies >= LEN / PAGE);
	EXPECT_EQ(policy, EV(&self->counts, calls) > 0);
	EXPECT_EQ(policy, EV(&self->counts, pages_used) >= LEN / PAGE / 2);
	/* One event for each copy, whoever made it. */
	if (policy && traced)
		EXPECT_EQ(copies, EV(&self->counts, pages_used) +
					  EV(&self->counts, pages_kernel));
	EXPECT_EQ(0, policy_count(&self->tracer, "t_seen", T_TRACED_BAD));
}

static bool ours(void)
{
	return !mgx_is("hooked", "0") ||
	       file_has("/sys/kernel/tracing/enabled_functions",
			"->mgx_enter+0x0");
}

/* A second after the policy the functions are the kernel's, and the tracer's. */
static void detach(struct __test_metadata *_metadata, traced_t *self)
{
	int tries = 100;

	self->hooked = now_ms() + LINGER;
	policy_detach(&self->policy);
	expect_move(_metadata, self, self->link[0], false);
	self->hooked = 0;
	if (self->ibt && self->link[0])
		return; /* they stay for as long as it is traced */
	while (ours() && --tries)
		usleep(100000);
	EXPECT_FALSE(ours());
	expect_move(_metadata, self, self->link[0], false);
}

TEST_F_TIMEOUT(traced, before_the_policy, LIMIT)
{
	ASSERT_EQ(0, trace_begin(self));
	expect_move(_metadata, self, true, false);
	if (self->ibt) {
		EXPECT_EQ(-ENODEV, policy_attach(&self->policy));
		SKIP(return, "a CPU with IBT: hooked before it is traced only");
	}
	ASSERT_EQ(0, policy_attach(&self->policy));
	expect_move(_metadata, self, true, true);
	detach(_metadata, self);
	trace_end(self);
	expect_move(_metadata, self, false, false);
}

TEST_F_TIMEOUT(traced, after_the_policy, LIMIT)
{
	ASSERT_EQ(0, policy_attach(&self->policy));
	expect_move(_metadata, self, false, true);
	ASSERT_EQ(0, trace_begin(self));
	expect_move(_metadata, self, true, true);
	detach(_metadata, self);
	ASSERT_EQ(0, policy_attach(&self->policy));
	expect_move(_metadata, self, true, true);
	trace_end(self);
	expect_move(_metadata, self, false, true);
}

/* Attached anew before the hooks were given back, and after. */
TEST_F_TIMEOUT(traced, attached_again, LIMIT)
{
	int i;

	if (self->ibt)
		SKIP(return, "a CPU with IBT: hooked before it is traced only");
	ASSERT_EQ(0, trace_begin(self));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, policy_attach(&self->policy));
		expect_move(_metadata, self, true, true);
		if (i & 1)
			detach(_metadata, self);
		else
			policy_detach(&self->policy);
	}
}

TEST_HARNESS_MAIN
