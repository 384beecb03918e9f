// SPDX-License-Identifier: GPL-2.0-only
/*
 * members.c - a policy with every member: when each is called, what it may
 * call, and the ends that the kernel makes: a batch that takes too long, batches
 * that cost too much, an operator.
 *
 * kselftest-timeout: 400
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/t_members.h"
#include "fixture.h"
#include "kselftest_harness.h"

#define PAGES	256
#define LIMIT	120 /* seconds, on a busy machine */
#define WAIT_MS 30000

FIXTURE(members)
{
	struct policy policy;
	struct mem mem;
	struct counts counts;
	int at; /* the node it is on */
};

typedef FIXTURE_DATA(members) members_t;

FIXTURE_SETUP(members)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, policy_open(&self->policy, "t_members"));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, PAGES * 4096, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(members)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, sims_stop());
	mem_free(&self->mem);
	setting_restore();
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_TRUE(mgx_is("hooks", "idle"));
}

static void start(struct __test_metadata *_metadata, members_t *self)
{
	ASSERT_EQ(0, policy_load(&self->policy));
	ASSERT_EQ(0, policy_attach(&self->policy));
}

static void move(struct __test_metadata *_metadata, members_t *self)
{
	self->at = !self->at;
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, self->at, false));
	EXPECT_EQ(0, mem_check(&self->mem));
}

static int64_t result(members_t *self, enum t_member member, enum t_kfunc kfunc)
{
	return policy_count(&self->policy, "t_result", T_RESULT(member, kfunc));
}

#define SYSFS "/sys/kernel/migrate_ext/"
#define LIVE  SYSFS "dump"
#define KEPT  SYSFS "exit/dump"

/* --- what each may call ------------------------------------------------------ */

static void expect_kfuncs(struct __test_metadata *_metadata, members_t *self,
			  enum t_member member)
{
	EXPECT_LT(0, result(self, member, T_CALLS))
	note("member %d was not called", member);
	EXPECT_EQ(-EPERM, result(self, member, T_SUBMIT));
	EXPECT_EQ(-EPERM, result(self, member, T_WAIT));
	EXPECT_EQ(-EPERM, result(self, member, T_LIMIT));
	EXPECT_EQ(-EPERM, result(self, member, T_SKIP));
	EXPECT_EQ(0, result(self, member, T_INFO));
	EXPECT_EQ(-EINVAL, result(self, member, T_INFO_NO_ROOM));
	EXPECT_EQ(1, result(self, member, T_ITER));
	EXPECT_LT(0, result(self, member, T_CPU_NS));
	EXPECT_EQ(0, result(self, member, T_EVENTS));
	EXPECT_EQ(-EINVAL, result(self, member, T_EVENTS_ODD));
	EXPECT_EQ(member == T_DUMP ? 0 : -EPERM, result(self, member, T_PRINT));
}

/* A worker calls it, so it may not have been yet. */
static bool wait_called(members_t *self, enum t_member member, int64_t times)
{
	int tries;

	for (tries = 0; tries < WAIT_MS / 10; tries++) {
		if (result(self, member, T_CALLS) >= times)
			return true;
		usleep(10000);
	}
	return false;
}

/* All are called, and each kfunc refuses or not as it says. */
TEST_F_TIMEOUT(members, all, LIMIT)
{
	enum t_member member;

	start(_metadata, self);
	EXPECT_TRUE(mgx_is("timeout_ms", "30000"));
	move(_metadata, self);
	EXPECT_TRUE(file_has(LIVE, T_LINE));
	ASSERT_EQ(0, channel_set(1, "state", "offline"));
	ASSERT_EQ(0, channel_set(1, "state", "up"));
	EXPECT_TRUE(wait_called(self, T_CHANNEL, 2));
	policy_detach(&self->policy);
	for (member = 0; member < T_NR_MEMBERS; member++)
		expect_kfuncs(_metadata, self, member);
	EXPECT_TRUE(mgx_is("exit/kind", "unreg"));
	EXPECT_FALSE(file_has(KEPT, T_LINE));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_LT(4 * T_NR_MEMBERS, EV(&self->counts, kfunc_misuse));
}

/* What mgx_bpf_events() says is what sysfs says. */
TEST_F_TIMEOUT(members, events, LIMIT)
{
	struct mgx_event_counts counts;
	const uint32_t member = T_DUMP;
	struct counts before, after;
	int fd, i;

	start(_metadata, self);
	move(_metadata, self);
	fd = bpf_object__find_map_fd_by_name(self->policy.obj, "t_counts");
	ASSERT_EQ(0, counts_read(&before));
	EXPECT_TRUE(file_has(LIVE, T_LINE));
	ASSERT_EQ(0, counts_read(&after));
	ASSERT_EQ(0, bpf_map_lookup_elem(fd, &member, &counts));
	for (i = 0; i < MGX_NR_EVENTS; i++) {
		uint64_t seen = ((uint64_t *)&counts)[i];

		EXPECT_LE(before.ev[i], seen);
		EXPECT_LE(seen, after.ev[i]);
	}
	EXPECT_LT(0, counts.pages_used);
	EXPECT_EQ(after.ev[MGX_EV_pages_used], counts.pages_used);
}

/* --- channel() ------------------------------------------------------------------- */

static void expect_notice(struct __test_metadata *_metadata, members_t *self,
			  uint32_t at, int id, uint32_t event, uint32_t state)
{
	int tries, fd = bpf_object__find_map_fd_by_name(self->policy.obj,
							"t_notices");
	struct t_notice notice = {};

	for (tries = 0; tries < WAIT_MS / 10 && !notice.told; tries++) {
		if (bpf_map_lookup_elem(fd, &at, &notice))
			break;
		usleep(10000);
	}
	EXPECT_EQ(1, notice.told)
	note("event %u was not told", at);
	EXPECT_EQ((uint32_t)id, notice.id);
	EXPECT_EQ(event, notice.event);
	EXPECT_EQ(state, notice.state);
}

TEST_F_TIMEOUT(members, channel, LIMIT)
{
	struct sims sims;
	uint32_t i = 0;
	int id;

	start(_metadata, self);
	ASSERT_EQ(0, channel_set(1, "state", "offline"));
	expect_notice(_metadata, self, i++, 1, MGX_CHANNEL_WENT,
		      MGX_CHANNEL_OFFLINE);
	ASSERT_EQ(0, channel_set(1, "state", "offline"));
	ASSERT_EQ(0, channel_set(1, "state", "up"));
	expect_notice(_metadata, self, i++, 1, MGX_CHANNEL_CAME,
		      MGX_CHANNEL_UP);
	ASSERT_EQ(0, sims_start(&sims, 1, false));
	id = sims.id[0];
	expect_notice(_metadata, self, i++, id, MGX_CHANNEL_CAME,
		      MGX_CHANNEL_UP);
	EXPECT_EQ(0, sims_stop());
	expect_notice(_metadata, self, i++, id, MGX_CHANNEL_WENT,
		      MGX_CHANNEL_GONE);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(i, EV(&self->counts, channel_events));
	EXPECT_EQ(0, EV(&self->counts, channel_events_lost));
}

/* An engine that reports errors goes into quarantine and comes back. */
TEST_F_TIMEOUT(members, broken_channel, LIMIT)
{
	struct sims sims;
	int i;

	ASSERT_EQ(0, sims_start(&sims, 1, false));
	ASSERT_EQ(0, policy_set(&self->policy, "channel", sims.id[0]));
	start(_metadata, self);
	ASSERT_EQ(0, sim_set(0, "repeat", 1));
	ASSERT_EQ(0, sim_set(0, "faults/error", 1));
	for (i = 0; i < 5 && channel_is(sims.id[0], "state", "up"); i++)
		move(_metadata, self);
	expect_notice(_metadata, self, 0, sims.id[0], MGX_CHANNEL_BROKE,
		      MGX_CHANNEL_FAILED);
	expect_notice(_metadata, self, 1, sims.id[0], MGX_CHANNEL_RECOVERED,
		      MGX_CHANNEL_UP);
}

/* --- dumps ------------------------------------------------------------------------- */

TEST_F_TIMEOUT(members, dump, LIMIT)
{
	start(_metadata, self);
	EXPECT_TRUE(file_has(LIVE, "policy t_members: none"));
	EXPECT_TRUE(file_has(LIVE, "event policy_attached: "));
	EXPECT_TRUE(file_has(LIVE, "channel 1: cpu, node 0, up"));
	/* What would speak to a terminal does not get there. */
	EXPECT_TRUE(file_has(LIVE, "kind 0, room 1\nwild?[1m?\n"));
	policy_detach(&self->policy);
	EXPECT_TRUE(file_has(LIVE, "policy -: none"));
	EXPECT_FALSE(file_has(LIVE, T_LINE));
}

TEST_F_TIMEOUT(members, dump_at_error, LIMIT)
{
	char text[T_TEXT] = "";
	uint32_t zero = 0;

	ASSERT_EQ(0, policy_set(&self->policy, "fail_in", T_COMPLETE));
	ASSERT_EQ(0, policy_set(&self->policy, "lines", 3));
	start(_metadata, self);
	move(_metadata, self);
	ASSERT_TRUE(mgx_wait("hooks", "idle", WAIT_MS));
	EXPECT_TRUE(mgx_is("exit/kind", "error_bpf"));
	EXPECT_TRUE(mgx_is("exit/msg", "as it was told"));
	EXPECT_TRUE(file_has(KEPT, "policy t_members: error_bpf"));
	EXPECT_TRUE(file_has(KEPT, "kind 1025, room 1\n"));
	EXPECT_TRUE(file_has(KEPT, "line 3 of 3, and on\n"));
	ASSERT_EQ(0, bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(
						 self->policy.obj, "t_text"),
					 &zero, text));
	EXPECT_NE(NULL, strstr(text, "policy t_members: error_bpf"));
	policy_detach(&self->policy);
	EXPECT_TRUE(file_has(KEPT, T_LINE));
}

/* No more than was asked for. */
TEST_F_TIMEOUT(members, dump_is_cut, LIMIT)
{
	ASSERT_EQ(0, policy_set(&self->policy, "fail_in", T_COMPLETE));
	ASSERT_EQ(0, policy_set(&self->policy, "lines", 1000));
	ASSERT_EQ(0, policy_ops_set(&self->policy, "exit_dump_len", 8192));
	start(_metadata, self);
	move(_metadata, self);
	ASSERT_TRUE(mgx_wait("hooks", "idle", WAIT_MS));
	EXPECT_TRUE(file_has(KEPT, "line 9 of 1000"));
	EXPECT_FALSE(file_has(KEPT, "line 1000 of 1000"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, dumps));
	EXPECT_EQ(1, EV(&self->counts, dumps_cut));
}

/* --- ends that the kernel makes --------------------------------------------------- */

static void expect_ejected(struct __test_metadata *_metadata, members_t *self,
			   const char *kind, const char *msg)
{
	char text[MGX_MSG_LEN] = "";

	EXPECT_TRUE(mgx_is("state", "ejected"));
	ASSERT_TRUE(mgx_wait("hooks", "idle", WAIT_MS));
	EXPECT_TRUE(mgx_is("exit/kind", kind));
	EXPECT_EQ(0, mgx_read("exit/msg", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, msg))
	note("it says: %s", text);
	EXPECT_EQ(1, result(self, T_EXIT, T_CALLS));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, policy_ejected));
	move(_metadata, self);
}

/* In those that ends.c has not. */
TEST_F_TIMEOUT(members, ends_in_channel, LIMIT)
{
	ASSERT_EQ(0, policy_set(&self->policy, "fail_in", T_CHANNEL));
	start(_metadata, self);
	ASSERT_EQ(0, channel_set(1, "state", "offline"));
	ASSERT_EQ(0, channel_set(1, "state", "up"));
	ASSERT_TRUE(mgx_wait("state", "ejected", WAIT_MS));
	expect_ejected(_metadata, self, "error_bpf", "as it was told");
	EXPECT_TRUE(file_has(KEPT, T_LINE));
}

TEST_F_TIMEOUT(members, ends_in_dump, LIMIT)
{
	ASSERT_EQ(0, policy_set(&self->policy, "fail_in", T_DUMP));
	start(_metadata, self);
	EXPECT_TRUE(file_has(LIVE, T_LINE));
	expect_ejected(_metadata, self, "error_bpf", "as it was told");
	EXPECT_TRUE(file_has(KEPT, T_LINE));
}

/* Somebody detaches the link while the policy works: its owner is told. */
TEST_F_TIMEOUT(members, detached, LIMIT)
{
	struct pollfd poller = { .events = POLLIN };

	start(_metadata, self);
	move(_metadata, self);
	poller.fd = bpf_link__fd(self->policy.link);
	EXPECT_EQ(0, poll(&poller, 1, 0));
	ASSERT_EQ(0, bpf_link_detach(poller.fd));
	EXPECT_EQ(1, poll(&poller, 1, WAIT_MS));
	EXPECT_TRUE(poller.revents & POLLHUP);
	EXPECT_TRUE(mgx_is("state", "none"));
	EXPECT_TRUE(mgx_is("exit/kind", "unreg"));
	EXPECT_EQ(1, result(self, T_EXIT, T_CALLS));
	EXPECT_EQ(0, bpf_link_detach(poller.fd));
	EXPECT_EQ(1, result(self, T_EXIT, T_CALLS));
	move(_metadata, self);
}

/* Nothing but a name and a version: it is in charge, and changes nothing. */
TEST_F_TIMEOUT(members, minimal, LIMIT)
{
	struct policy minimal;

	ASSERT_EQ(0, policy_start(&minimal, "t_minimal"));
	EXPECT_TRUE(mgx_is("state", "active"));
	EXPECT_TRUE(mgx_is("ops", "t_minimal"));
	ASSERT_EQ(0, channel_set(1, "state", "offline"));
	ASSERT_EQ(0, channel_set(1, "state", "up"));
	EXPECT_TRUE(file_has(LIVE, "policy t_minimal: none"));
	move(_metadata, self);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(PAGES, EV(&self->counts, pages_kernel));
	EXPECT_EQ(0, EV(&self->counts, batches));
	EXPECT_EQ(0, EV(&self->counts, channel_events));
	policy_close(&minimal);
}

/* dispatch() itself takes too long. */
TEST_F_TIMEOUT(members, stalled_by_program, LIMIT)
{
	ASSERT_EQ(0, policy_set(&self->policy, "spin_ns", 200 * 1000000ULL));
	ASSERT_EQ(0, policy_ops_set(&self->policy, "timeout_ms", 100));
	start(_metadata, self);
	EXPECT_TRUE(mgx_is("timeout_ms", "100"));
	move(_metadata, self);
	expect_ejected(_metadata, self, "error_stall", "timeout_ms is 100");
	EXPECT_EQ(1, EV(&self->counts, batches_stalled));
	EXPECT_TRUE(file_has(KEPT, T_LINE));
}

/*
 * The engine is slow, but works: at the end of the time the CPU copies what is
 * left, nothing is given up, and the channel is not to blame.
 */
TEST_F_TIMEOUT(members, stalled_by_engine, LIMIT)
{
	struct sims sims;

	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&sims, 1, false));
	ASSERT_EQ(0, sim_set(0, "latency_ns", 1000 * 1000000ULL));
	ASSERT_EQ(0, policy_set(&self->policy, "channel", sims.id[0]));
	ASSERT_EQ(0, policy_ops_set(&self->policy, "timeout_ms", 150));
	start(_metadata, self);
	move(_metadata, self);
	expect_ejected(_metadata, self, "error_stall", "timeout_ms is 150");
	EXPECT_EQ(0, EV(&self->counts, folios_limbo));
	EXPECT_EQ(0, EV(&self->counts, channel_failed));
	EXPECT_LT(0, EV(&self->counts, pages_kernel));
	EXPECT_TRUE(channel_is(sims.id[0], "state", "up"));
}

/* An engine that is much slower than a CPU, which must not help. */
static void slow_engine(struct __test_metadata *_metadata, members_t *self)
{
	struct sims sims;

	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, sims_start(&sims, 1, false));
	ASSERT_EQ(0, sim_set(0, "latency_ns", 30 * 1000000ULL));
	ASSERT_EQ(0, policy_set(&self->policy, "channel", sims.id[0]));
}

TEST_F_TIMEOUT(members, guard_ends, LIMIT)
{
	slow_engine(_metadata, self);
	ASSERT_EQ(0, policy_ops_set(&self->policy, "guard_percent", 300));
	ASSERT_EQ(0, policy_ops_set(&self->policy, "guard_run", 3));
	start(_metadata, self);
	EXPECT_TRUE(mgx_is("guard/percent", "300"));
	EXPECT_TRUE(mgx_is("guard/run", "3"));
	EXPECT_TRUE(mgx_is("guard/ejects", "1"));
	move(_metadata, self);
	move(_metadata, self);
	EXPECT_TRUE(mgx_is("guard/worse", "2"));
	EXPECT_TRUE(mgx_is("state", "active"));
	move(_metadata, self);
	expect_ejected(_metadata, self, "error_guard",
		       "3 batches in a row cost more than 300 %");
	EXPECT_EQ(1, EV(&self->counts, guard_tripped));
	EXPECT_EQ(3, EV(&self->counts, batches_worse));
}

/* Nobody asked for more than to be told. */
TEST_F_TIMEOUT(members, guard_tells, LIMIT)
{
	slow_engine(_metadata, self);
	ASSERT_EQ(0, setting_set_u64(MGX_PARAM "guard_percent", 250));
	ASSERT_EQ(0, setting_set_u64(MGX_PARAM "guard_run", 2));
	EXPECT_EQ(-EINVAL, file_write(MGX_PARAM "guard_percent", "99"));
	start(_metadata, self);
	EXPECT_TRUE(mgx_is("guard/percent", "250"));
	EXPECT_TRUE(mgx_is("guard/run", "2"));
	EXPECT_TRUE(mgx_is("guard/ejects", "0"));
	move(_metadata, self);
	move(_metadata, self);
	move(_metadata, self);
	EXPECT_TRUE(mgx_is("state", "active"));
	EXPECT_TRUE(mgx_is("guard/worse", "1"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, guard_tripped));
	EXPECT_EQ(3, EV(&self->counts, batches_worse));
}

/* Dear ones count in a row only: after one that is not it begins anew. */
TEST_F_TIMEOUT(members, guard_forgives, LIMIT)
{
	slow_engine(_metadata, self);
	ASSERT_EQ(0, sim_set(0, "latency_ns", 300 * 1000000ULL));
	ASSERT_EQ(0, setting_set_u64(MGX_PARAM "guard_percent", 250));
	ASSERT_EQ(0, setting_set_u64(MGX_PARAM "guard_run", 1000));
	start(_metadata, self);
	move(_metadata, self);
	EXPECT_TRUE(mgx_is("guard/worse", "1"));
	/* However busy the machine is, that is not too dear. */
	ASSERT_EQ(0, file_write(MGX_PARAM "guard_percent", "4000000000"));
	move(_metadata, self);
	EXPECT_TRUE(mgx_is("guard/worse", "0"));
	EXPECT_TRUE(mgx_is("state", "active"));
}

/* The CPU itself is not dearer than the CPU, by a wide margin. */
TEST_F_TIMEOUT(members, guard_stays, LIMIT)
{
	int i;

	ASSERT_EQ(0, policy_ops_set(&self->policy, "guard_percent", 100000));
	ASSERT_EQ(0, policy_ops_set(&self->policy, "guard_run", 2));
	start(_metadata, self);
	for (i = 0; i < 8; i++)
		move(_metadata, self);
	EXPECT_TRUE(mgx_is("state", "active"));
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(0, EV(&self->counts, guard_tripped));
}

TEST_F_TIMEOUT(members, operator, LIMIT)
{
	struct policy second;

	start(_metadata, self);
	ASSERT_EQ(0, file_write(SYSFS "eject", "1"));
	expect_ejected(_metadata, self, "operator", "operator");
	EXPECT_FALSE(file_has(KEPT, T_LINE));
	/* Its place is still its owner's. */
	EXPECT_EQ(-EBUSY, policy_start(&second, "mgx_cpu"));
	ASSERT_EQ(0, file_write(SYSFS "eject", "1"));
	policy_detach(&self->policy);
	ASSERT_EQ(0, policy_start(&second, "mgx_cpu"));
	policy_close(&second);
}

/* --- members that are data ----------------------------------------------------- */

FIXTURE(data)
{
	struct policy policy;
};

FIXTURE_VARIANT(data)
{
	const char *member;
	uint64_t value;
	const char *reason;
};

/* And what is just allowed. */
TEST(largest_members)
{
	struct policy policy;

	ASSERT_EQ(0, policy_open(&policy, "t_members"));
	EXPECT_EQ(0, policy_ops_set(&policy, "timeout_ms", MGX_TIMEOUT_MAX_MS));
	EXPECT_EQ(0, policy_ops_set(&policy, "exit_dump_len", MGX_DUMP_MAX));
	EXPECT_EQ(0, policy_ops_set(&policy, "guard_percent", UINT32_MAX));
	EXPECT_EQ(0, policy_ops_set(&policy, "guard_run", UINT32_MAX));
	ASSERT_EQ(0, policy_load(&policy));
	EXPECT_EQ(0, policy_attach(&policy));
	EXPECT_TRUE(mgx_is("state", "active"));
	EXPECT_TRUE(mgx_is("timeout_ms", "300000"));
	EXPECT_TRUE(mgx_is("guard/percent", "4294967295"));
	EXPECT_TRUE(mgx_is("guard/run", "4294967295"));
	policy_close(&policy);
	EXPECT_TRUE(mgx_is("state", "none"));
}

FIXTURE_VARIANT_ADD(data, timeout){
	"timeout_ms",
	MGX_TIMEOUT_MAX_MS + 1,
	"mgx_ops.timeout_ms",
};

FIXTURE_VARIANT_ADD(data, exit_dump_len){
	"exit_dump_len",
	MGX_DUMP_MAX + 1,
	"mgx_ops.exit_dump_len",
};

FIXTURE_VARIANT_ADD(data, guard_percent){
	"guard_percent",
	99,
	"mgx_ops.guard_percent",
};

FIXTURE_SETUP(data)
{
	ASSERT_EQ(0, policy_open(&self->policy, "t_members"));
}

FIXTURE_TEARDOWN(data)
{
	policy_close(&self->policy);
}

TEST_F(data, is_refused)
{
	char reason[256];

	ASSERT_EQ(0, policy_ops_set(&self->policy, variant->member,
				    variant->value));
	ASSERT_EQ(0, policy_load(&self->policy));
	EXPECT_EQ(-EINVAL, policy_attach(&self->policy));
	EXPECT_EQ(0, mgx_read("reject_reason", reason, sizeof(reason)));
	EXPECT_NE(NULL, strstr(reason, variant->reason));
	EXPECT_TRUE(mgx_is("state", "none"));
}

TEST_HARNESS_MAIN
