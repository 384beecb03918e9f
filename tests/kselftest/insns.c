// SPDX-License-Identifier: GPL-2.0-only
/*
 * insns.c - what the verifier has to look at for each program that users load:
 * compared with the table insns.table, so that a program that has grown is seen
 * long before the verifier gives up on it.
 *
 * MGX_INSNS_TO=FILE appends this kernel's rows to FILE and compares nothing; see
 * tests/lab/insns.sh.
 *
 * kselftest-timeout: 120
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"

#define ROWS 256
#define EXT  ".bpf.o"
/* What another version of the compiler may change. */
#define MOST(n) ((n) + (n) / 5 + 200)

/**
 * struct row - a program
 * @series: of the kernel that looked at it
 * @object: file it is in
 * @program: its name
 * @insns: instructions the verifier looked at
 * @seen: it is in the table and in the object
 */
struct row {
	char series[16];
	char object[48];
	char program[48];
	unsigned int insns;
	bool seen;
};

struct rows {
	struct row row[ROWS];
	unsigned int nr;
};

/* A file below the directory of the tests. */
static void path_of(char *path, const char *file)
{
	char exe[PATH_MAX] = "";

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		exe[0] = '\0';
	snprintf(path, PATH_MAX, "%s/%s", dirname(exe), file);
}

/* "7.3" of "7.3.4+deb13-amd64" */
static void series_of_kernel(char *series, size_t len)
{
	struct utsname name;
	char *end;

	uname(&name);
	end = strchr(name.release, '.');
	end = end ? end + 1 + strspn(end + 1, "0123456789") : NULL;
	if (end)
		*end = '\0';
	snprintf(series, len, "%.*s", (int)len - 1, name.release);
}

static struct row *row_find(struct rows *rows, const struct row *like)
{
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		if (!strcmp(rows->row[i].object, like->object) &&
		    !strcmp(rows->row[i].program, like->program))
			return &rows->row[i];
	return NULL;
}

/* The rows of @series; -1 if there is no table. */
static int table_read_rows(struct rows *rows, const char *series)
{
	char path[PATH_MAX], line[256];
	FILE *f;

	path_of(path, "insns.table");
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (rows->nr < ROWS && fgets(line, sizeof(line), f)) {
		struct row *row = &rows->row[rows->nr];

		if (sscanf(line, "%15s %47s %47s %u", row->series, row->object,
			   row->program, &row->insns) == 4 &&
		    !strcmp(row->series, series))
			rows->nr++;
	}
	fclose(f);
	return 0;
}

static int program_insns(const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int rc = bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &len);

	return rc ?: (int)info.verified_insns;
}

/* Those of one object, loaded; it need not be a policy. */
static void rows_of(struct __test_metadata *_metadata, struct rows *rows,
		    const char *series, const char *object)
{
	struct bpf_program *program;
	struct policy policy;

	policy_open(&policy, object);
	ASSERT_NE(NULL, policy.obj);
	ASSERT_EQ(0, policy_load(&policy));
	bpf_object__for_each_program(program, policy.obj) {
		struct row *row = &rows->row[rows->nr];
		int insns = program_insns(program);

		ASSERT_LT(0, insns);
		ASSERT_GT(ROWS, ++rows->nr);
		snprintf(row->series, sizeof(row->series), "%s", series);
		snprintf(row->object, sizeof(row->object), "%s", object);
		snprintf(row->program, sizeof(row->program), "%s",
			 bpf_program__name(program));
		row->insns = insns;
	}
	policy_close(&policy);
}

/* All objects of build/bpf, and of a directory of it. */
static void rows_of_all(struct __test_metadata *_metadata, struct rows *rows,
			const char *series, const char *dir)
{
	char path[PATH_MAX], file[64], object[48];
	struct dirent **entry;
	int i, nr;

	snprintf(file, sizeof(file), "../bpf/%s", dir);
	path_of(path, file);
	nr = scandir(path, &entry, NULL, alphasort);
	ASSERT_LT(0, nr);
	for (i = 0; i < nr; i++) {
		size_t len = strlen(entry[i]->d_name);

		if (len < strlen(EXT) ||
		    strcmp(entry[i]->d_name + len - strlen(EXT), EXT))
			continue;
		snprintf(object, sizeof(object), "%s%.*s", dir,
			 (int)(len - strlen(EXT)), entry[i]->d_name);
		rows_of(_metadata, rows, series, object);
	}
}

static void rows_append(struct __test_metadata *_metadata,
			const struct rows *rows, const char *path)
{
	FILE *f = fopen(path, "a");
	unsigned int i;

	ASSERT_NE(NULL, f);
	for (i = 0; i < rows->nr; i++)
		fprintf(f, "%s %s %s %u\n", rows->row[i].series,
			rows->row[i].object, rows->row[i].program,
			rows->row[i].insns);
	ASSERT_EQ(0, fclose(f));
}

static void compare(struct __test_metadata *_metadata, struct rows *table,
		    const struct row *row)
{
	struct row *was = row_find(table, row);

	EXPECT_NE(NULL, was)
	{
		note("%s of %s has no row in tests/kselftest/insns.table: run 'make insns'",
		     row->program, row->object);
		return;
	}
	was->seen = true;
	EXPECT_GE(MOST(was->insns), row->insns)
	note("%s of %s: %u instructions, it was %u; if that must be, run 'make insns'",
	     row->program, row->object, row->insns, was->insns);
}

FIXTURE(insns){};

FIXTURE_SETUP(insns)
{
}

FIXTURE_TEARDOWN(insns)
{
}

TEST_F_TIMEOUT(insns, have_not_grown, 100)
{
	static struct rows rows, table;
	const char *to = getenv("MGX_INSNS_TO");
	char series[16];
	unsigned int i;

	series_of_kernel(series, sizeof(series));
	rows_of_all(_metadata, &rows, series, "");
	rows_of_all(_metadata, &rows, series, "monitor/");
	if (to) {
		rows_append(_metadata, &rows, to);
		return;
	}
	ASSERT_EQ(0, table_read_rows(&table, series));
	if (!table.nr)
		SKIP(return, "insns.table knows no kernel %s: run 'make insns'",
			   series);
	for (i = 0; i < rows.nr; i++)
		compare(_metadata, &table, &rows.row[i]);
	for (i = 0; i < table.nr; i++)
		EXPECT_TRUE(table.row[i].seen)
	note("%s of %s is in the table only: run 'make insns'",
	     table.row[i].program, table.row[i].object);
	note("%u programs on %s", rows.nr, series);
}

TEST_HARNESS_MAIN
