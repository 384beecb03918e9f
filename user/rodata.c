// SPDX-License-Identifier: GPL-2.0-only
/*
 * rodata.c - finds and changes the settings of a policy.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "error.h"
#include "mgx_policy.h"
#include "rodata.h"

#define RODATA_SECTION ".rodata"

void *rodata_image(const struct bpf_object *object, size_t *size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *suffix = strchr(bpf_map__name(map), '.');

		if (suffix && !strcmp(suffix, RODATA_SECTION))
			return bpf_map__initial_value(map, size);
	}
	return NULL;
}

const char *rodata_doc(const struct btf *btf, __u32 var_id)
{
	const size_t prefix = strlen(MGX_DOC_TAG);

	for (__u32 i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *name;

		if (!btf_is_decl_tag(t) || t->type != var_id)
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		if (!strncmp(name, MGX_DOC_TAG, prefix))
			return name + prefix;
	}
	return NULL;
}

static const struct btf_type *strip_modifiers(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (btf_is_mod(t) || btf_is_typedef(t))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* 0, or -1 if a variable of that type cannot be set. */
static int type_from_btf(const struct btf *btf, __u32 id,
			 struct setting_type *type)
{
	const struct btf_type *t = strip_modifiers(btf, id);

	memset(type, 0, sizeof(*type));
	if (btf_is_array(t)) {
		type->nelems = btf_array(t)->nelems;
		t = strip_modifiers(btf, btf_array(t)->type);
		if (!type->nelems)
			return -1;
	}
	if (!btf_is_int(t) && !btf_is_any_enum(t))
		return -1;
	type->size = t->size;
	if (btf_is_int(t)) {
		type->is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
		type->is_bool = btf_int_encoding(t) & BTF_INT_BOOL;
	}
	if (type->size > 8 || (type->size & (type->size - 1)))
		return -1;
	return 0;
}

static int var_from_btf(const struct btf *btf,
			const struct btf_var_secinfo *info,
			struct rodata_var *var)
{
	const struct btf_type *t = btf__type_by_id(btf, info->type);

	if (!btf_is_var(t) || btf_var(t)->linkage == BTF_VAR_STATIC)
		return -1;
	var->key = btf__name_by_offset(btf, t->name_off);
	var->text = rodata_doc(btf, info->type);
	return type_from_btf(btf, t->type, &var->type);
}

int rodata_vars(const struct bpf_object *object, struct rodata_var *vars,
		int max)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_var_secinfo *info;
	const struct btf_type *section;
	size_t size = 0;
	char *image;
	int id, n = 0;

	image = rodata_image(object, &size);
	id = btf__find_by_name_kind(btf, RODATA_SECTION, BTF_KIND_DATASEC);
	if (!image || id < 0)
		return 0;
	section = btf__type_by_id(btf, id);
	info = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section) && n < max; i++, info++) {
		if ((size_t)info->offset + info->size > size)
			continue;
		vars[n].data = image + info->offset;
		if (!var_from_btf(btf, info, &vars[n]))
			n++;
	}
	return n;
}

static void append_value(char *text, size_t size, const struct rodata_var *var)
{
	__u64 value = setting_fetch(&var->type, var->data, 0);
	size_t len = strlen(text);

	if (var->type.nelems)
		snprintf(text + len, size - len, "%s%s[.INDEX]",
			 len ? ", " : "", var->key);
	else
		snprintf(text + len, size - len, "%s%s=%lld", len ? ", " : "",
			 var->key, (long long)value);
}

static int fail_unknown(const char *key, const struct rodata_var *vars, int n)
{
	char known[512] = "", cause[128];

	for (int i = 0; i < n; i++)
		append_value(known, sizeof(known), &vars[i]);
	snprintf(cause, sizeof(cause), "the policy has no setting '%s'", key);
	if (!n)
		return fail("it has no settings at all", "%s", cause);
	return fail_with(cause, "'mgxctl policies' lists what it has: %s",
			 known);
}

static int fail_index(const struct rodata_var *var,
		      const struct setting *setting)
{
	char last[SETTING_LEN], cause[256];

	if (!var->type.nelems)
		return fail("leave the index out",
			    "setting '%s' is a single value, not '%s.%s'",
			    var->key, var->key, setting->index);
	setting_index_name(&var->type, var->type.nelems - 1, last,
			   sizeof(last));
	snprintf(cause, sizeof(cause), "setting '%s' has no element '%s'",
		 var->key, setting->index);
	return fail_with(cause,
			 "use 0 to %u, or for a reason its name, as '%s'",
			 var->type.nelems - 1, last);
}

static int fail_value(const struct rodata_var *var,
		      const struct setting *setting, int err)
{
	struct setting_type type = var->type;
	char range[64], name[32];

	type.nelems = 0;
	setting_range(&type, range, sizeof(range));
	setting_type_name(&type, name, sizeof(name));
	if (err == -ERANGE)
		return fail_with("value out of range",
				 "'%s' is a %s: %s, not '%s'", var->key, name,
				 range, setting->value);
	return fail_with("malformed value", "'%s' is a %s: %s, not '%s'",
			 var->key, name, range, setting->value);
}

static int var_set(struct rodata_var *var, const struct setting *setting)
{
	unsigned int first = 0, last = 0;
	__u64 value;
	int err;

	if (*setting->index) {
		if (setting_index(&var->type, setting->index, &first))
			return fail_index(var, setting);
		last = first;
	} else if (var->type.nelems) {
		last = var->type.nelems - 1;
	}
	err = setting_value(&var->type, setting->value, &value);
	if (err)
		return fail_value(var, setting, err);
	for (unsigned int i = first; i <= last; i++)
		setting_store(&var->type, var->data, i, value);
	return 0;
}

int rodata_set(const struct bpf_object *object, const char *arg)
{
	struct rodata_var vars[RODATA_MAX_VARS];
	struct setting setting;
	int n;

	if (setting_parse(&setting, arg))
		return fail("write KEY=VALUE or KEY.INDEX=VALUE",
			    "malformed setting '%s'", arg);
	n = rodata_vars(object, vars, RODATA_MAX_VARS);
	for (int i = 0; i < n; i++)
		if (!strcmp(vars[i].key, setting.key))
			return var_set(&vars[i], &setting);
	return fail_unknown(setting.key, vars, n);
}
