// SPDX-License-Identifier: GPL-2.0-only
/*
 * new.c - 'mgxctl new': a directory with a policy to start from.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "option.h"
#include "path.h"
#include "util.h"

#define PLACEHOLDER  "@NAME@"
#define NAME_MAX_LEN 24 /* programs are called NAME_dispatch */

/* Template, and the file's name behind the policy's, or instead of it. */
static const struct {
	const char *template;
	const char *suffix;
	const char *name;
} files[] = {
	{ "policy.bpf.c.in", ".bpf.c", NULL },
	{ "Makefile.in", NULL, "Makefile" },
};

/* It becomes a part of identifiers. */
static int check_name(const char *name)
{
	size_t len = strlen(name);
	bool good = len && len <= NAME_MAX_LEN && !isdigit(name[0]);

	for (size_t i = 0; i < len; i++)
		good &= isalnum(name[i]) || name[i] == '_';
	if (good)
		return 0;
	return fail("give up to 24 letters, digits and '_', no digit first",
		    "'%s' cannot be the name of a policy", name);
}

/* Installed, or in the tree that this program was built from. */
static int find_skeleton(char dir[PATH_MAX])
{
	if (!path_beside_program("../share/migrate_ext/skeleton", dir) ||
	    !path_beside_program("../../user/skeleton", dir))
		return 0;
	return fail("install migrate_ext anew",
		    "there is no ../share/migrate_ext/skeleton beside mgxctl");
}

static void write_line(FILE *to, const char *line, const char *name)
{
	const char *found;

	while ((found = strstr(line, PLACEHOLDER))) {
		fwrite(line, 1, found - line, to);
		fputs(name, to);
		line = found + strlen(PLACEHOLDER);
	}
	fputs(line, to);
}

static int copy_filled(const char *from, const char *to, const char *name)
{
	FILE *in = fopen(from, "re"), *out = NULL;
	char line[512];
	int err = 0;

	if (!in)
		return fail(NULL, "%s: %s", from, strerror(errno));
	out = fopen(to, "wxe");
	while (out && fgets(line, sizeof(line), in))
		write_line(out, line, name);
	if (!out || fclose(out))
		err = fail(NULL, "%s: %s", to, strerror(errno));
	fclose(in);
	return err;
}

static int make_file(size_t i, const char *dir, const char *name)
{
	char from[PATH_MAX + 64], to[128];

	snprintf(from, sizeof(from), "%s/%s", dir, files[i].template);
	snprintf(to, sizeof(to), "%s/%s%s", name,
		 files[i].name ? files[i].name : name,
		 files[i].suffix ? files[i].suffix : "");
	return copy_filled(from, to, name);
}

int new_run(const struct options *options, const char *arg)
{
	struct json_object *tree;
	char dir[PATH_MAX], next[128];

	error_about("new", arg);
	if (check_name(arg) || find_skeleton(dir))
		return STATUS_FAILED;
	if (mkdir(arg, 0777)) {
		fail(errno == EEXIST ? "choose another name" : NULL, "%s",
		     strerror(errno));
		return STATUS_FAILED;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (make_file(i, dir, arg))
			return STATUS_FAILED;
	tree = json_object_new_object();
	put_string(tree, "policy", arg);
	put_string(tree, "directory", arg);
	snprintf(next, sizeof(next),
		 "make -C %.24s && mgxctl load %.24s/%.24s.bpf.o", arg, arg,
		 arg);
	put_string(tree, "next", next);
	output_print(tree, options_form(options));
	return STATUS_OK;
}
