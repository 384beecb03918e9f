// SPDX-License-Identifier: GPL-2.0-only
/*
 * policy.c - policies attached by the test's own process.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "mgx_policy.h"

static int print_as_comment(enum libbpf_print_level level, const char *fmt,
			    va_list ap)
{
	if (level != LIBBPF_WARN)
		return 0;
	fputs("# ", stdout);
	return vprintf(fmt, ap);
}

/* The object is next to the tests, or one of the policies of the project. */
static int policy_path(const char *name, char *path, size_t len)
{
	static const char *const places[] = { "bpf", "../bpf" };
	char exe[PATH_MAX] = "";
	size_t i;

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return -errno;
	dirname(exe);
	for (i = 0; i < ARRAY_LEN(places); i++) {
		snprintf(path, len, "%s/%s/%s.bpf.o", exe, places[i], name);
		if (!access(path, R_OK))
			return 0;
	}
	note("policy %s is not built", name);
	return -ENOENT;
}

static struct bpf_map *policy_ops(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			return map;
	return NULL;
}

int policy_open(struct policy *p, const char *name)
{
	char path[PATH_MAX + 64];
	int rc = policy_path(name, path, sizeof(path));

	*p = (struct policy){ 0 };
	if (rc)
		return rc;
	libbpf_set_print(print_as_comment);
	p->obj = bpf_object__open_file(path, NULL);
	if (!p->obj)
		return -errno;
	p->ops = policy_ops(p->obj);
	return 0;
}

void *policy_rodata(struct policy *p, size_t *size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, p->obj) {
		const char *dot = strchr(bpf_map__name(map), '.');

		if (dot && !strcmp(dot, ".rodata"))
			return bpf_map__initial_value(map, size);
	}
	return NULL;
}

/* Its place in .rodata; NULL if there is none of that name. */
static const struct btf_var_secinfo *setting_find(const struct btf *btf,
						  const char *name)
{
	int i, id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_var_secinfo *var;
	const struct btf_type *sec;

	if (id < 0)
		return NULL;
	sec = btf__type_by_id(btf, id);
	var = btf_var_secinfos(sec);
	for (i = 0; i < btf_vlen(sec); i++, var++) {
		const struct btf_type *t = btf__type_by_id(btf, var->type);

		if (!strcmp(btf__name_by_offset(btf, t->name_off), name))
			return var;
	}
	return NULL;
}

int policy_set(struct policy *p, const char *name, uint64_t value)
{
	const struct btf_var_secinfo *var;
	size_t size = 0;
	char *data = policy_rodata(p, &size);

	var = setting_find(bpf_object__btf(p->obj), name);
	if (!data || !var || var->offset + var->size > size ||
	    var->size > sizeof(value)) {
		note("the policy has no setting %s", name);
		return -ENOENT;
	}
	memcpy(data + var->offset, &value, var->size);
	return 0;
}

int policy_ops_set(struct policy *p, const char *name, uint64_t value)
{
	const struct btf *btf = bpf_object__btf(p->obj);
	const struct btf_type *type =
		btf__type_by_id(btf, bpf_map__btf_value_type_id(p->ops));
	const struct btf_member *member = btf_members(type);
	char *image = bpf_map__initial_value(p->ops, NULL);
	int i;

	for (i = 0; i < btf_vlen(type); i++, member++) {
		if (strcmp(btf__name_by_offset(btf, member->name_off), name))
			continue;
		memcpy(image + member->offset / 8, &value,
		       btf__resolve_size(btf, member->type));
		return 0;
	}
	note("struct mgx_ops has no member %s", name);
	return -ENOENT;
}

int policy_only(struct policy *p, const char *ops)
{
	struct bpf_map *map;

	p->ops = NULL;
	bpf_object__for_each_map(map, p->obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		if (!strcmp(bpf_map__name(map), ops))
			p->ops = map;
		else
			bpf_map__set_autocreate(map, false);
	}
	return p->ops ? 0 : -ENOENT;
}

int policy_load(struct policy *p)
{
	return bpf_object__load(p->obj);
}

int policy_attach(struct policy *p)
{
	if (!p->ops)
		return -EINVAL;
	p->link = bpf_map__attach_struct_ops(p->ops);
	return p->link ? 0 : -errno;
}

int policy_swap(struct policy *p, struct policy *to)
{
	int rc = bpf_link__update_map(p->link, to->ops);

	if (rc)
		return rc;
	to->link = p->link;
	p->link = NULL;
	return 0;
}

void policy_detach(struct policy *p)
{
	bpf_link__destroy(p->link);
	p->link = NULL;
}

void policy_close(struct policy *p)
{
	policy_detach(p);
	bpf_object__close(p->obj);
	*p = (struct policy){ 0 };
}

int policy_start(struct policy *p, const char *name)
{
	int rc;

	*p = (struct policy){ 0 };
	if (!name)
		return 0;
	rc = policy_open(p, name);
	if (!rc)
		rc = policy_load(p);
	if (!rc)
		rc = policy_attach(p);
	if (rc)
		policy_close(p);
	return rc;
}

uint64_t policy_count(struct policy *p, const char *map, uint32_t key)
{
	int fd = bpf_object__find_map_fd_by_name(p->obj, map);
	uint64_t value;

	if (fd < 0 || bpf_map_lookup_elem(fd, &key, &value))
		return ~0ULL;
	return value;
}

int policy_stat(struct policy *p, uint32_t reason, struct mgx_policy_stat *sum)
{
	int fd = bpf_object__find_map_fd_by_name(p->obj, MGX_STATS_MAP);
	int i, j, nr = libbpf_num_possible_cpus();
	struct mgx_policy_stat stat[nr];
	uint64_t *to = (uint64_t *)sum;

	*sum = (struct mgx_policy_stat){ 0 };
	if (fd < 0 || bpf_map_lookup_elem(fd, &reason, stat))
		return -ENOENT;
	for (i = 0; i < nr; i++)
		for (j = 0; j < (int)(sizeof(*sum) / sizeof(*to)); j++)
			to[j] += ((uint64_t *)&stat[i])[j];
	return 0;
}
