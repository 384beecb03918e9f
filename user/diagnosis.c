// SPDX-License-Identifier: GPL-2.0-only
/*
 * diagnosis.c - from libbpf's messages to a cause and a remedy.
 *
 * The patterns are libbpf 1.5's; a message that none of them knows is shown as
 * it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "util.h"

#define REBUILD "it was built for another version of migrate_ext: rebuild it"

/**
 * struct pattern - a message of libbpf
 * @before: text before the name of the object
 * @after: text somewhere after it on the line, or NULL
 * @cause: what it means; %s is the name
 * @remedy: what to do
 */
struct pattern {
	const char *before;
	const char *after;
	const char *cause;
	const char *remedy;
};

/* clang-format off: texts */
static const struct pattern patterns[] = {
	{ "extern (func ksym) '", "not found in kernel",
	  "the loaded module has no kfunc '%s'", REBUILD },
	{ "extern (func ksym) '", "incompatible with",
	  "kfunc '%s' of the loaded module takes other arguments", REBUILD },
	{ "Cannot find member ", "in kernel BTF",
	  "struct mgx_ops of the loaded module has no member '%s'", REBUILD },
	{ "Error in size of member ", NULL,
	  "member '%s' of struct mgx_ops has another size in the loaded module",
	  REBUILD },
	{ "Unmatched member type ", NULL,
	  "member '%s' of struct mgx_ops has another type in the loaded module",
	  REBUILD },
	{ "struct_ops init_kern: struct ", "is not found in kernel BTF",
	  "the kernel does not know 'struct %s'",
	  "the module was loaded without BTF: see 'mgxctl check'" },
	{ "failed to find valid kernel BTF", NULL, "the kernel has no BTF%s",
	  "use a kernel with CONFIG_DEBUG_INFO_BTF=y" },
};

/* clang-format on */

static const char not_permitted[] =
	"it takes CAP_SYS_ADMIN, CAP_BPF and CAP_PERFMON of the host, and no lockdown";

static const char correct_program[] =
	"correct the program; --verbose prints the verifier's whole log";

static void set_remedy(struct diagnosis *diagnosis, const char *remedy)
{
	snprintf(diagnosis->remedy, sizeof(diagnosis->remedy), "%s", remedy);
}

/* Up to the end of the name that starts at @text. */
static size_t name_length(const char *text)
{
	return strcspn(text, "' :,\n");
}

static bool pattern_apply(const struct pattern *pattern, const char *messages,
			  struct diagnosis *diagnosis)
{
	const char *name = strstr(messages, pattern->before);
	const char *after;
	char object[128];

	if (!name)
		return false;
	name += strlen(pattern->before);
	after = pattern->after ? strstr(name, pattern->after) : name;
	if (!after || memchr(name, '\n', after - name))
		return false;
	snprintf(object, sizeof(object), "%.*s", (int)name_length(name), name);
	snprintf(diagnosis->cause, sizeof(diagnosis->cause), pattern->cause,
		 object);
	set_remedy(diagnosis, pattern->remedy);
	return true;
}

static bool is_statistics(const char *line)
{
	static const char *const starts[] = {
		"processed ", "verification time", "stack depth",
		"max_states", "mark_precise: ",	   "insns processed",
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (!strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return *line == '\n' || !*line;
}

static const char *line_start(const char *log, const char *at)
{
	while (at > log && at[-1] != '\n')
		at--;
	return at;
}

/* End of the log without the statistics that follow the cause. */
static const char *log_end(const char *log)
{
	const char *end = log + strlen(log);

	while (end > log) {
		const char *line = line_start(log, end - 1);

		if (!is_statistics(line))
			break;
		end = line;
	}
	return end;
}

void verifier_tail(const char *log, unsigned int lines, const char **start,
		   size_t *len)
{
	const char *end = log_end(log);

	*start = end;
	while (lines-- && *start > log)
		*start = line_start(log, *start - 1);
	*len = end - *start;
}

void verifier_cause(const char *log, char *cause, size_t size)
{
	const char *start;
	size_t len;

	verifier_tail(log, 1, &start, &len);
	while (len && start[len - 1] == '\n')
		len--;
	snprintf(cause, size, "%.*s", (int)len, start);
}

/* libbpf says: prog 'NAME': BPF program load failed: ERROR */
static bool diagnose_program(struct diagnosis *diagnosis, int err,
			     const char *messages, const char *log)
{
	const char *failed = strstr(messages, "': BPF program load failed");
	char cause[512], program[128];
	const char *name;

	if (!failed)
		return false;
	for (name = failed; name > messages && name[-1] != '\''; name--)
		;
	snprintf(program, sizeof(program), "%.*s", (int)(failed - name), name);
	verifier_cause(log, cause, sizeof(cause));
	if (!*cause && err == EPERM)
		return false;
	diagnosis->by_verifier = *cause;
	snprintf(diagnosis->cause, sizeof(diagnosis->cause),
		 "the verifier refused program '%s': %s", program,
		 *cause ? cause : strerror(err));
	set_remedy(diagnosis, correct_program);
	return true;
}

static void diagnose_errno(struct diagnosis *diagnosis, int err,
			   const char *messages)
{
	size_t len = strcspn(messages, "\n");

	if (err == EPERM) {
		snprintf(diagnosis->cause, sizeof(diagnosis->cause),
			 "the kernel does not permit it");
		set_remedy(diagnosis, not_permitted);
		return;
	}
	if (!strncmp(messages, "libbpf: ", 8)) {
		messages += 8;
		len -= 8;
	}
	snprintf(diagnosis->cause, sizeof(diagnosis->cause), "%s%s%.*s",
		 strerror(err), len ? ": " : "", (int)len, messages);
	set_remedy(diagnosis, "--verbose prints all messages of libbpf");
}

void diagnose(struct diagnosis *diagnosis, int err, const char *messages,
	      const char *log)
{
	memset(diagnosis, 0, sizeof(*diagnosis));
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (pattern_apply(&patterns[i], messages, diagnosis))
			return;
	if (!diagnose_program(diagnosis, err, messages, log))
		diagnose_errno(diagnosis, err, messages);
}
