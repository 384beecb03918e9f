// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_diagnosis.c - from messages as libbpf 1.5 and Linux 6.12 print them to
 * a cause.
 */
#include <errno.h>

#include "diagnosis.h"
#include "tap.h"
#include "util.h"

static const char verifier_log[] =
	"0: R1=ctx() R10=fp0\n"
	"; void BPF_PROG(bad, struct mgx_batch *batch) @ bad.bpf.c:10\n"
	"0: (79) r1 = *(u64 *)(r1 +0)\n"
	"1: (7b) *(u64 *)(r1 +0) = r2\n"
	"R2 !read_ok\n"
	"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0\n";

static const char program_failed[] =
	"libbpf: prog 'bad_dispatch': BPF program load failed: Permission denied\n"
	"libbpf: prog 'bad_dispatch': failed to load: -13\n"
	"libbpf: failed to load object 'bad.bpf.o'\n";

static struct diagnosis diagnosed(int err, const char *messages,
				  const char *log)
{
	struct diagnosis diagnosis;

	diagnose(&diagnosis, err, messages, log);
	return diagnosis;
}

static void cause_is(int err, const char *messages, const char *want)
{
	struct diagnosis diagnosis = diagnosed(err, messages, "");

	is_text(diagnosis.cause, want, want);
	ok(*diagnosis.remedy, "with a remedy");
}

/* clang-format off: texts */
static const struct {
	const char *message, *cause;
} cases[] = {
	{ "libbpf: extern (func ksym) 'mgx_bpf_foo': not found in kernel or module BTFs\n",
	  "the loaded module has no kfunc 'mgx_bpf_foo'" },
	{ "libbpf: extern (func ksym) 'foo': func_proto [12] incompatible with migrate_ext [130]\n",
	  "kfunc 'foo' of the loaded module takes other arguments" },
	{ "libbpf: struct_ops init_kern ops: Cannot find member extra in kernel BTF\n",
	  "struct mgx_ops of the loaded module has no member 'extra'" },
	{ "libbpf: struct_ops init_kern ops: Error in size of member name: 16 != 32(kernel)\n",
	  "member 'name' of struct mgx_ops has another size in the loaded module" },
	{ "libbpf: struct_ops init_kern ops: Unmatched member type flags 4 != 1(kernel)\n",
	  "member 'flags' of struct mgx_ops has another type in the loaded module" },
	{ "libbpf: struct_ops init_kern: struct mgx_ops is not found in kernel BTF\n",
	  "the kernel does not know 'struct mgx_ops'" },
	{ "libbpf: failed to find valid kernel BTF\n",
	  "the kernel has no BTF" },
};

/* clang-format on */

static void test_versions(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cause_is(EINVAL, cases[i].message, cases[i].cause);
}

static void test_program(void)
{
	struct diagnosis diagnosis =
		diagnosed(EACCES, program_failed, verifier_log);

	is_text(diagnosis.cause,
		"the verifier refused program 'bad_dispatch': R2 !read_ok",
		"program and cause");
	ok(diagnosis.by_verifier, "it was the verifier");
	diagnosis = diagnosed(EINVAL, program_failed, "");
	is_text(diagnosis.cause,
		"the verifier refused program 'bad_dispatch': Invalid argument",
		"no log: the errno");
	ok(!diagnosis.by_verifier, "there is nothing to print");
}

static void test_other(void)
{
	struct diagnosis diagnosis = diagnosed(EPERM, program_failed, "");

	ok(strstr(diagnosis.remedy, "CAP_BPF"),
	   "EPERM without a log: privileges");
	diagnosis = diagnosed(ENOMEM,
			      "libbpf: map 'x': failed to create\nmore\n", "");
	is_text(diagnosis.cause,
		"Cannot allocate memory: map 'x': failed to create",
		"an unknown message is shown");
	diagnosis = diagnosed(ENOMEM, "", "");
	is_text(diagnosis.cause, "Cannot allocate memory", "no message at all");
}

/* Names are not taken from another line than the words that follow them. */
static void test_lines(void)
{
	static const char messages[] =
		"libbpf: extern (func ksym) 'a': odd\nlibbpf: 'b' not found in kernel\n";
	struct diagnosis diagnosis = diagnosed(EINVAL, messages, "");

	ok(!strstr(diagnosis.cause, "kfunc"), "two lines are not one message");
}

static void tail_is(const char *log, unsigned int lines, const char *want)
{
	const char *start;
	char text[256];
	size_t len;

	verifier_tail(log, lines, &start, &len);
	snprintf(text, sizeof(text), "%.*s", (int)len, start);
	is_text(text, want, "tail");
}

static void test_tail(void)
{
	tail_is("", 3, "");
	tail_is("\n", 3, "");
	tail_is("a", 3, "a");
	tail_is("a\nb\nc\n", 2, "b\nc\n");
	tail_is("a\nb\nprocessed 1 insns\n", 1, "b\n");
	tail_is("a\nb\nprocessed 1 insns\nstack depth 8\n\n", 9, "a\nb\n");
	tail_is("processed 1 insns\n", 2, "");
	tail_is("a\n", 0, "");
}

int main(void)
{
	test_versions();
	test_program();
	test_other();
	test_lines();
	test_tail();
	return tap_done();
}
