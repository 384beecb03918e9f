// SPDX-License-Identifier: GPL-2.0-only
/*
 * badinput.c - what people, policies and drivers say that cannot be: it is
 * refused, nothing changes, and nothing is lost.
 *
 * kselftest-timeout: 180
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define PAGE	4096UL
#define LIMIT	60
#define LEN	MIB(1)
#define WAIT_MS 30000

static int move_there_and_back(struct mem *m)
{
	ssize_t there = mem_move_all(m, 1, false);
	ssize_t back = mem_move_all(m, 0, false);

	return there == (ssize_t)(m->len / PAGE) && back == there &&
			       !mem_check(m) ?
		       0 :
		       -EIO;
}

/* --- settings of the simulated engines ------------------------------------------ */

FIXTURE(settings)
{
	struct sims sims;
};

FIXTURE_VARIANT(settings)
{
	const char *file;
	const char *values[6];
	int rc;
};

FIXTURE_VARIANT_ADD(settings, mbps){ "mbps",
				     { "0", "1000001", "99999999999", "-1" },
				     -ERANGE };
FIXTURE_VARIANT_ADD(settings,
		    latency){ "latency_ns", { "1000000001" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, jitter){ "jitter_ns", { "1000000001" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, order){ "out_of_order", { "2" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, ring){ "ring_size", { "0", "4097" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, late){ "late_ms", { "0", "600001" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, bits){ "address_bits", { "29", "65" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings,
		    most){ "most_bytes", { "0", "1048577" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, prep){ "prep_us", { "1000001" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, refuse){ "refuse_nth", { "1000001" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, repeat){ "repeat", { "7" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, fault){ "faults/error",
				      { "2147483648", "4294967296" },
				      -ERANGE };
FIXTURE_VARIANT_ADD(settings, present){ "present", { "2" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, plugged){ "present", { "1" }, -EBUSY };
FIXTURE_VARIANT_ADD(settings, node){ "node", { "77", "-2" }, -ERANGE };
FIXTURE_VARIANT_ADD(settings, node_moves){ "node", { "1" }, -EBUSY };
FIXTURE_VARIANT_ADD(settings, words){ "mbps",
				      { "fast", "", "1 2", "0x", "1e3", "\n" },
				      -EINVAL };

FIXTURE_SETUP(settings)
{
	ASSERT_EQ(0, sims_start(&self->sims, 1, false));
}

FIXTURE_TEARDOWN(settings)
{
	EXPECT_EQ(0, sims_stop());
}

TEST_F_TIMEOUT(settings, are_refused, LIMIT)
{
	char path[96], before[64], after[64];
	size_t i;

	snprintf(path, sizeof(path), "/sys/kernel/mgx_sim/0/%s", variant->file);
	ASSERT_EQ(0, file_read(path, before, sizeof(before)));
	for (i = 0; i < ARRAY_LEN(variant->values) && variant->values[i]; i++) {
		const char *value = variant->values[i];
		int rc = file_write(path, value);

		if (!value[0]) /* nothing is written at all */
			continue;
		EXPECT_TRUE(rc == variant->rc ||
			    (rc == -EINVAL && *value == '-'))
		note("'%s' to %s: %d", value, variant->file, rc);
		ASSERT_EQ(0, file_read(path, after, sizeof(after)));
		EXPECT_STREQ(before, after);
	}
}

TEST(absurd_engines_are_refused)
{
	const char *path = module_path_of("mgx_sim");

	ASSERT_EQ(0, sims_stop());
	EXPECT_EQ(-ERANGE, module_insert(path, "slots=0"));
	EXPECT_EQ(-ERANGE, module_insert(path, "slots=17"));
	EXPECT_EQ(-ERANGE, module_insert(path, "node=99"));
	EXPECT_NE(0, module_insert(path, "slots=-1"));
	EXPECT_NE(0, access("/sys/kernel/mgx_sim", F_OK));
	EXPECT_EQ(-ENOENT, channel_find("sim0"));
}

/* --- channels -------------------------------------------------------------------- */

/* Someone has to be able to copy. */
TEST(caller_stays_up)
{
	EXPECT_EQ(-EPERM, channel_set(0, "state", "offline"));
	EXPECT_TRUE(channel_is(0, "state", "up"));
}

TEST(absurd_states_are_refused)
{
	static const char *const states[] = { "down", "failed", "gone", "1",
					      " " };
	size_t i;

	for (i = 0; i < ARRAY_LEN(states); i++) {
		EXPECT_EQ(-EINVAL, channel_set(1, "state", states[i]));
		EXPECT_TRUE(channel_is(1, "state", "up"));
	}
}

TEST(absurd_threads_are_refused)
{
	const char *path = MGX_PARAM "cpu_threads";
	int64_t before = file_read_s64(path);

	EXPECT_EQ(-ERANGE, file_write(path, "17"));
	EXPECT_EQ(-EINVAL, file_write(path, "many"));
	EXPECT_NE(0, file_write(path, "-1"));
	EXPECT_EQ(before, file_read_s64(path));
}

/* Ids that nobody has, and that nobody can have: the kernel copies. */
TEST(channels_that_are_not_there)
{
	static const uint32_t ids[] = { 40, 63, 64, 4096, 0xfffffff0 };
	struct policy policy;
	struct counts c;
	struct mem m;
	size_t i;

	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, mem_make(&m, MEM_ANON, LEN, 0));
	for (i = 0; i < ARRAY_LEN(ids); i++) {
		const struct roundrobin r = { .first = ids[i],
					      .last = ids[i],
					      .width = 1,
					      .free_cpu = true };

		ASSERT_EQ(0, roundrobin_start(&policy, &r));
		ASSERT_EQ(0, counts_read(&c));
		EXPECT_EQ(0, move_there_and_back(&m));
		ASSERT_EQ(0, counts_since(&c));
		EXPECT_EQ(EV(&c, batches), EV(&c, submit_refused));
		EXPECT_EQ(EV(&c, batches), EV(&c, batches_declined));
		EXPECT_EQ(0, EV(&c, pages_copied));
		policy_close(&policy);
	}
	mem_free(&m);
	setting_restore();
}

/* A channel that is offline is refused, and back it works again. */
TEST(offline_is_refused)
{
	const struct roundrobin r = {
		.first = 1, .last = 1, .width = 1, .free_cpu = true
	};
	struct policy policy;
	struct counts c;
	int64_t bytes;
	struct mem m;

	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	ASSERT_EQ(0, mem_make(&m, MEM_ANON, LEN, 0));
	ASSERT_EQ(0, roundrobin_start(&policy, &r));
	ASSERT_EQ(0, channel_set(1, "state", "offline"));
	bytes = channel_get(1, "bytes");
	ASSERT_EQ(0, counts_read(&c));
	EXPECT_EQ(0, move_there_and_back(&m));
	ASSERT_EQ(0, counts_since(&c));
	EXPECT_EQ(EV(&c, batches), EV(&c, submit_refused));
	EXPECT_EQ(bytes, channel_get(1, "bytes"));
	ASSERT_EQ(0, channel_set(1, "state", "up"));
	EXPECT_EQ(0, move_there_and_back(&m));
	EXPECT_LT(bytes, channel_get(1, "bytes"));
	policy_close(&policy);
	mem_free(&m);
	setting_restore();
}

/* --- drivers that do not know what they do ---------------------------------------- */

#define BAD "mgx_bad"

/* Registrations that are refused: the module's init() returns why. */
FIXTURE(registration){};

FIXTURE_VARIANT(registration)
{
	const char *what;
	int rc;
};

FIXTURE_VARIANT_ADD(registration, no_ops){ "no_ops", -EINVAL };
FIXTURE_VARIANT_ADD(registration, no_start){ "no_start", -EINVAL };
FIXTURE_VARIANT_ADD(registration, no_credits){ "no_credits", -EINVAL };
FIXTURE_VARIANT_ADD(registration, credits){ "credits", -EINVAL };
FIXTURE_VARIANT_ADD(registration, pieces){ "pieces", -EINVAL };
FIXTURE_VARIANT_ADD(registration, piece){ "piece", -EINVAL };
FIXTURE_VARIANT_ADD(registration, no_name){ "no_name", -EINVAL };
FIXTURE_VARIANT_ADD(registration, bad_name){ "bad_name", -EINVAL };
FIXTURE_VARIANT_ADD(registration, long_name){ "long_name", -EINVAL };
FIXTURE_VARIANT_ADD(registration, kind){ "kind", -EINVAL };
FIXTURE_VARIANT_ADD(registration, caller){ "caller", -EINVAL };
FIXTURE_VARIANT_ADD(registration, node){ "node", -EINVAL };
FIXTURE_VARIANT_ADD(registration, low_node){ "low_node", -EINVAL };
FIXTURE_VARIANT_ADD(registration, twice){ "twice", -EALREADY };
FIXTURE_VARIANT_ADD(registration, many){ "many", -ENOSPC };

FIXTURE_SETUP(registration)
{
}

FIXTURE_TEARDOWN(registration)
{
}

TEST_F_TIMEOUT(registration, is_refused, LIMIT)
{
	char params[32];
	int id;

	snprintf(params, sizeof(params), "what=%s", variant->what);
	EXPECT_EQ(variant->rc, module_insert(module_path_of(BAD), params));
	for (id = 3; id < MGX_MAX_CHANNELS; id++)
		EXPECT_GT(0, channel_get(id, "bytes"));
}

/* Drivers whose jobs end as they cannot. */
FIXTURE(driver)
{
	struct policy policy;
	struct counts counts;
	struct mem mem;
	int id;
};

FIXTURE_VARIANT(driver)
{
	const char *what;
	bool bad;   /* a report that cannot be */
	bool fails; /* the channel is put into quarantine */
	bool part;  /* pieces are copied by CPU */
};

FIXTURE_VARIANT_ADD(driver, good){ "good", false, false };
FIXTURE_VARIANT_ADD(driver, more){ "more", true, true };
FIXTURE_VARIANT_ADD(driver, less){ "less", false, true, true };
FIXTURE_VARIANT_ADD(driver, fails_one){ "fails_one", false, true, true };
FIXTURE_VARIANT_ADD(driver, poison){ "poison", false, true, true };
FIXTURE_VARIANT_ADD(driver, positive){ "positive", true, true };
FIXTURE_VARIANT_ADD(driver, again){ "again", true, true };
FIXTURE_VARIANT_ADD(driver, refuses){ "refuses", false, true };
FIXTURE_VARIANT_ADD(driver, says_one){ "says_one", false, true };

FIXTURE_SETUP(driver)
{
	char params[32];

	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, deadline_set(20000));
	snprintf(params, sizeof(params), "what=%s", variant->what);
	ASSERT_EQ(0, module_insert(module_path_of(BAD), params));
	self->id = channel_find("bad");
	ASSERT_LT(0, self->id);
	ASSERT_EQ(0, mem_make(&self->mem, MEM_ANON, LEN, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(driver)
{
	policy_close(&self->policy);
	EXPECT_EQ(0, module_remove_of(BAD));
	mem_free(&self->mem);
	setting_restore();
}

static void expect_rest(struct __test_metadata *_metadata, int id)
{
	EXPECT_TRUE(channel_wait(id, "inflight", "0", WAIT_MS));
	if (!__test_passed(_metadata))
		note("channel %d is not at rest", id);
}

TEST_F_TIMEOUT(driver, loses_nothing, LIMIT)
{
	const struct roundrobin r = { .first = self->id,
				      .last = self->id,
				      .width = 1,
				      .chunk = KIB(64),
				      .free_cpu = true };
	const struct counts *c = &self->counts;

	ASSERT_EQ(0, roundrobin_start(&self->policy, &r));
	EXPECT_EQ(0, move_there_and_back(&self->mem));
	EXPECT_EQ(0, move_there_and_back(&self->mem));
	expect_rest(_metadata, self->id);
	ASSERT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(variant->bad, !!EV(c, bad_reports));
	EXPECT_EQ(variant->fails, !!EV(c, channel_failed));
	if (variant->part)
		EXPECT_LT(0, EV(c, folios_redone));
	EXPECT_EQ(0, EV(c, poison)); /* whatever a driver says */
	EXPECT_EQ(0, EV(c, folios_limbo));
	if (!__test_passed(_metadata))
		counts_print(c);
}

TEST_HARNESS_MAIN
