// SPDX-License-Identifier: GPL-2.0-only
/*
 * policy.c - finds, opens and loads policy objects.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include "capture.h"
#include "diagnosis.h"
#include "error.h"
#include "path.h"
#include "policy.h"
#include "rodata.h"

#define OPS_TYPE   "mgx_ops"
#define SYSTEM_DIR "/usr/lib/migrate_ext/bpf"
#define MAX_DIRS   16
#define LOG_SIZE   (16 << 20) /* touched only as far as it is used */
#define TAIL_LINES 8

struct dirs {
	char path[MAX_DIRS][PATH_MAX];
	int n;
};

static void dirs_add(struct dirs *dirs, const char *path)
{
	if (dirs->n < MAX_DIRS && *path)
		snprintf(dirs->path[dirs->n++], PATH_MAX, "%s", path);
}

/* $MGX_POLICY_PATH, beside the program, then the system's. */
static void dirs_collect(struct dirs *dirs)
{
	const char *env = getenv("MGX_POLICY_PATH");
	char *copy = strdup(env ? env : ""), *rest = copy, *dir;
	char path[PATH_MAX];

	dirs->n = 0;
	while (rest && (dir = strsep(&rest, ":")))
		dirs_add(dirs, dir);
	free(copy);
	if (!path_beside_program("../bpf", path))
		dirs_add(dirs, path);
	if (!path_beside_program("../lib/migrate_ext/bpf", path))
		dirs_add(dirs, path);
	dirs_add(dirs, SYSTEM_DIR);
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n > m && !strcmp(text + n - m, suffix);
}

static int is_policy(const struct dirent *entry)
{
	return has_suffix(entry->d_name, POLICY_SUFFIX);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_listed(char *const *paths, int n, const char *base)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(base_name(paths[i]), base))
			return true;
	return false;
}

static int list_dir(const char *dir, char **paths, int n)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_policy, alphasort);

	for (int i = 0; i < count; i++) {
		const char *base = entries[i]->d_name;

		if (n < POLICY_MAX && !is_listed(paths, n, base) &&
		    asprintf(&paths[n], "%s/%s", dir, base) > 0)
			n++;
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return n;
}

int policy_list(char *paths[POLICY_MAX])
{
	struct dirs *dirs = malloc(sizeof(*dirs));
	int n = 0;

	if (!dirs)
		return 0;
	dirs_collect(dirs);
	for (int i = 0; i < dirs->n; i++)
		n = list_dir(dirs->path[i], paths, n);
	free(dirs);
	return n;
}

static int fail_no_policy(const char *name, char **paths, int n)
{
	char known[512] = "", cause[320];

	for (int i = 0; i < n; i++) {
		const char *base = base_name(paths[i]);
		size_t len = strlen(known);

		snprintf(known + len, sizeof(known) - len, "%s%.*s",
			 len ? ", " : "",
			 (int)(strlen(base) - strlen(POLICY_SUFFIX)), base);
	}
	snprintf(cause, sizeof(cause), "no policy is called '%.200s'", name);
	if (!n)
		return fail("set MGX_POLICY_PATH to their directory",
			    "%s, there are no policies at all", cause);
	return fail_with(cause, "there are %s", known);
}

static int find_by_name(const char *name, char path[PATH_MAX])
{
	char *paths[POLICY_MAX], base[NAME_MAX];
	int n = policy_list(paths), found = -1;

	snprintf(base, sizeof(base), "%s" POLICY_SUFFIX, name);
	for (int i = 0; i < n && found; i++) {
		if (strcmp(base_name(paths[i]), base))
			continue;
		snprintf(path, PATH_MAX, "%s", paths[i]);
		found = 0;
	}
	if (found)
		fail_no_policy(name, paths, n);
	while (n--)
		free(paths[n]);
	return found;
}

static int find_by_file(const char *file, char path[PATH_MAX])
{
	struct stat st;

	if (stat(file, &st))
		return fail(NULL, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail("give the file of a policy", "not a regular file");
	if (access(file, R_OK))
		return fail(NULL, "%s", strerror(errno));
	snprintf(path, PATH_MAX, "%s", file);
	return 0;
}

int policy_find(const char *arg, char path[PATH_MAX])
{
	if (strchr(arg, '/') || has_suffix(arg, ".o"))
		return find_by_file(arg, path);
	return find_by_name(arg, path);
}

static const struct btf_type *ops_type(const struct policy *policy,
				       const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(policy->object);

	return btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
}

/* libbpf takes what is behind "___" for a version, not for a part of the name. */
static bool is_ops_name(const char *name)
{
	size_t len = strlen(OPS_TYPE);

	return !strncmp(name, OPS_TYPE, len) &&
	       (!name[len] || !strncmp(name + len, "___", 3));
}

static bool is_ops(const struct policy *policy, const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	const struct btf_type *type;

	if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
		return false;
	type = ops_type(policy, map);
	return type && is_ops_name(btf__name_by_offset(btf, type->name_off));
}

static int find_ops(struct policy *policy)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, policy->object) {
		if (!is_ops(policy, map))
			continue;
		if (policy->ops)
			return fail("split them: one policy a file",
				    "more than one struct " OPS_TYPE
				    " in it: '%s' and '%s'",
				    bpf_map__name(policy->ops),
				    bpf_map__name(map));
		policy->ops = map;
	}
	if (!policy->ops)
		return fail("it is no policy of page migration",
			    "no struct " OPS_TYPE " in it");
	if (!(bpf_map__map_flags(policy->ops) & BPF_F_LINK))
		return fail("put it into SEC(\".struct_ops.link\")",
			    "'%s' cannot be attached with a link",
			    bpf_map__name(policy->ops));
	return 0;
}

/* Where a member of the policy's struct mgx_ops is; NULL if it has none. */
static char *ops_member(const struct policy *policy, const char *name,
			size_t *size)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	const struct btf_type *type = ops_type(policy, policy->ops);
	char *image = bpf_map__initial_value(policy->ops, NULL);
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++) {
		if (strcmp(btf__name_by_offset(btf, member->name_off), name))
			continue;
		*size = btf__resolve_size(btf, member->type);
		return image + member->offset / 8;
	}
	return NULL;
}

static void read_name(struct policy *policy)
{
	size_t size;
	const char *name = ops_member(policy, "name", &size);

	if (name && size > MGX_NAME_LEN - 1)
		size = MGX_NAME_LEN - 1;
	if (name)
		snprintf(policy->name, sizeof(policy->name), "%.*s", (int)size,
			 name);
}

int policy_set_member(struct policy *policy, const char *name, __u32 value)
{
	size_t size;
	char *member = ops_member(policy, name, &size);

	if (!member || size != sizeof(value))
		return fail("rebuild it with this migrate_ext.h",
			    "its struct " OPS_TYPE " has no member '%s'", name);
	memcpy(member, &value, sizeof(value));
	return 0;
}

int policy_open(struct policy *policy, const char *path)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);

	memset(policy, 0, sizeof(*policy));
	snprintf(policy->path, sizeof(policy->path), "%s", path);
	policy->log = malloc(LOG_SIZE);
	if (!policy->log)
		return fail(NULL, "out of memory");
	policy->log[0] = '\0';
	opts.kernel_log_buf = policy->log;
	opts.kernel_log_size = LOG_SIZE;
	policy->object = bpf_object__open_file(path, &opts);
	if (!policy->object)
		return fail("give an object that clang -target bpf -g made",
			    "not a BPF object file");
	if (!bpf_object__btf(policy->object))
		return fail("compile it with -g", "no BTF in it");
	if (find_ops(policy))
		return -1;
	read_name(policy);
	return 0;
}

static void print_log(const struct policy *policy)
{
	const char *start = policy->log;
	size_t len = strlen(start);

	if (!capture_verbose())
		verifier_tail(policy->log, TAIL_LINES, &start, &len);
	fwrite(start, 1, len, stderr);
}

int policy_load(struct policy *policy)
{
	struct diagnosis diagnosis;
	int err;

	capture_clear();
	err = bpf_object__load(policy->object);
	if (!err)
		return 0;
	diagnose(&diagnosis, -err, capture_text(), policy->log);
	if (diagnosis.by_verifier)
		print_log(policy);
	return fail(diagnosis.remedy, "%s", diagnosis.cause);
}

void policy_close(struct policy *policy)
{
	bpf_object__close(policy->object);
	free(policy->log);
}

const char *policy_doc(const struct policy *policy)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	int id = btf__find_by_name_kind(btf, bpf_map__name(policy->ops),
					BTF_KIND_VAR);

	return id < 0 ? NULL : rodata_doc(btf, id);
}
