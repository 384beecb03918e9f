// SPDX-License-Identifier: GPL-2.0-only
/*
 * rejects.c - programs that the verifier must refuse, each loaded alone, with
 * what has to be said of it. See refuse.c for those the module refuses.
 *
 * kselftest-timeout: 300
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define LOG   (1 << 20)
#define WORDS 240

/**
 * struct reject - a program of t_rejects that is refused
 * @program: its name
 * @says: part of what the verifier says; "|" is before another kernel's words
 */
struct reject {
	const char *program;
	const char *says;
};

#define UNSUPPORTED "attach to unsupported member"
#define READ_ONLY   "only read is supported"
#define NOT_ALLOWED "is not allowed"
#define BAD_PAIR    "len pair leads to invalid memory access"

static const struct reject rejects[] = {
	{ "sleeps_admit", UNSUPPORTED " admit" },
	{ "sleeps_dispatch", UNSUPPORTED " dispatch" },
	{ "sleeps_complete", UNSUPPORTED " complete" },
	{ "sleeps_channel", UNSUPPORTED " channel" },
	{ "sleeps_dump", UNSUPPORTED " dump" },
	{ "sleeps_by_helper",
	  "helper call might sleep|sleepable helper|cannot use helper" },
	{ "writes_req", READ_ONLY },
	{ "writes_batch", READ_ONLY },
	{ "writes_done", READ_ONLY },
	{ "writes_info", READ_ONLY },
	{ "writes_exit", READ_ONLY },
	{ "writes_dump", READ_ONLY },
	{ "reads_beyond", "access beyond struct mgx_batch" },
	{ "reads_before", "R1 is ptr_mgx_batch invalid negative access" },
	{ "reads_argument", "doesn't have" },
	{ "submits_null", "Possibly NULL pointer passed to trusted" },
	{ "submits_number", "R1 type=scalar" },
	{ "submits_done", "expected pointer to STRUCT mgx_batch" },
	{ "submits_req", "expected pointer to STRUCT mgx_batch" },
	{ "submits_middle", "expected pointer to STRUCT mgx_batch" },
	{ "limits_batch", "expected pointer to STRUCT mgx_req" },
	{ "info_too_large", BAD_PAIR },
	{ "info_unbounded", "min value is negative" },
	{ "info_into_batch", BAD_PAIR "|is not supported" },
	{ "events_into_ctx", BAD_PAIR "|R1 type=ctx expected" },
	{ "exit_unbounded", "min value is negative" },
	{ "dump_number", "type=scalar expected" },
	{ "iter_not_begun", "expected an initialized iter_mgx_channel" },
	{ "iter_not_ended", "Unreleased reference" },
	{ "iter_begun_twice", "expected uninitialized iter_mgx_channel" },
	{ "iter_not_checked", "R0 invalid mem access" },
	{ "never_ends", "infinite loop" },
	{ "map_not_checked", "map_value_or_null" },
	{ "foreign_helper", "cannot use helper bpf_redirect" },
	{ "writes_user", "cannot use helper bpf_probe_write_user" },
	{ "type_syscall", NOT_ALLOWED },
	{ "type_xdp", NOT_ALLOWED },
	{ "type_tc", NOT_ALLOWED },
	{ "type_fentry", NOT_ALLOWED },
	{ "type_kprobe", NOT_ALLOWED },
	{ "type_raw_tp", NOT_ALLOWED },
	{ "type_socket", NOT_ALLOWED },
	{ "type_perf_event", NOT_ALLOWED },
};

static char said[LOG];

static int listen(enum libbpf_print_level level, const char *fmt, va_list args)
{
	size_t len = strlen(said);

	vsnprintf(said + len, sizeof(said) - len, fmt, args);
	return 0;
}

static bool says_one_of(const char *texts)
{
	char *copy = strdup(texts), *rest = copy, *text;
	bool found = false;

	while (!found && (text = strsep(&rest, "|")))
		found = strstr(said, text);
	free(copy);
	return found;
}

/* The end of what was said, on one line. */
static const char *last_words(void)
{
	char *end = strstr(said, "\n\nVerification failed"), *start, *c;

	end = end ?: strstr(said, "\nprocessed ");
	if (end)
		*end = '\0';
	start = said + strlen(said);
	start -= strlen(said) < WORDS ? strlen(said) : WORDS;
	for (c = start; *c; c++)
		if (*c == '\n')
			*c = '/';
	return start;
}

/* All but one program and its policy stay out. */
static void only(struct bpf_object *obj, const char *name)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		const char *ops = bpf_map__name(map);

		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			bpf_map__set_autocreate(map, !strcmp(ops + 4, name));
	}
	bpf_object__for_each_program(program, obj)
		if (!strncmp(bpf_program__name(program), "type_", 5))
			bpf_program__set_autoload(
				program,
				!strcmp(bpf_program__name(program), name));
}

static void expect_reject(struct __test_metadata *_metadata,
			  const struct reject *reject)
{
	struct policy policy;
	bool as_expected;
	int rc;

	ASSERT_EQ(0, policy_open(&policy, "t_rejects"));
	ASSERT_NE(NULL, bpf_object__find_program_by_name(policy.obj,
							 reject->program));
	only(policy.obj, reject->program);
	said[0] = '\0';
	libbpf_set_print(listen);
	rc = policy_load(&policy);
	as_expected = says_one_of(reject->says);
	EXPECT_GT(0, rc);
	EXPECT_TRUE(as_expected)
	note("%s: %d, %s", reject->program, rc, last_words());
	policy_close(&policy);
}

/* What differs from a rejected one by the check that it lacks. */
static const char *const accepted[] = { "iter_checked", "map_checked" };

static void expect_accept(struct __test_metadata *_metadata, const char *name)
{
	struct policy policy;
	int rc;

	ASSERT_EQ(0, policy_open(&policy, "t_rejects"));
	only(policy.obj, name);
	said[0] = '\0';
	libbpf_set_print(listen);
	rc = policy_load(&policy);
	EXPECT_EQ(0, rc)
	note("%s: %d, %s", name, rc, last_words());
	policy_close(&policy);
}

FIXTURE(programs){};

FIXTURE_SETUP(programs)
{
}

FIXTURE_TEARDOWN(programs)
{
	EXPECT_TRUE(mgx_is("state", "none"));
}

TEST_F_TIMEOUT(programs, each_is_rejected, 240)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rejects); i++)
		expect_reject(_metadata, &rejects[i]);
	note("%zu programs", i);
}

TEST_F_TIMEOUT(programs, checked_ones_are_accepted, 60)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(accepted); i++)
		expect_accept(_metadata, accepted[i]);
}

/* A member runs when the module calls it, and for nobody else. */
TEST_F(programs, members_are_not_test_run)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *program;
	struct policy policy;
	int rc;

	ASSERT_EQ(0, policy_start(&policy, "t_members"));
	bpf_object__for_each_program(program, policy.obj) {
		rc = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
		EXPECT_TRUE(rc == -EOPNOTSUPP || rc == -524)
		note("%s: %d", bpf_program__name(program), rc);
	}
	EXPECT_TRUE(mgx_is("state", "active"));
	policy_close(&policy);
}

TEST_HARNESS_MAIN
