// SPDX-License-Identifier: GPL-2.0-only
/*
 * policies.c - 'mgxctl policies': what can be loaded, and its settings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "option.h"
#include "policy.h"
#include "rodata.h"

static void put_value(struct json_object *row, const struct rodata_var *var,
		      unsigned int index)
{
	__u64 value = setting_fetch(&var->type, var->data, index);

	if (var->type.is_bool)
		put_bool(row, "default", value);
	else if (var->type.is_signed)
		put_s64(row, "default", value);
	else
		put_u64(row, "default", value);
}

static struct json_object *put_setting(struct json_object *array,
				       const char *key,
				       const struct setting_type *type)
{
	struct json_object *row = put_row(array);
	char name[32];

	setting_type_name(type, name, sizeof(name));
	put_string(row, "key", key);
	put_string(row, "type", name);
	return row;
}

static void put_element(struct json_object *array, const struct rodata_var *var,
			unsigned int index)
{
	struct setting_type type = var->type;
	struct json_object *row;
	char name[64], key[256];

	setting_index_name(&var->type, index, name, sizeof(name));
	snprintf(key, sizeof(key), "%s.%s", var->key, name);
	type.nelems = 0;
	row = put_setting(array, key, &type);
	put_value(row, var, index);
	put_string(row, "meaning", NULL);
}

static void put_var(struct json_object *array, const struct rodata_var *var)
{
	struct json_object *row = put_setting(array, var->key, &var->type);

	if (var->type.nelems)
		put_string(row, "default", NULL);
	else
		put_value(row, var, 0);
	put_string(row, "meaning", var->text);
	for (unsigned int i = 0; i < var->type.nelems; i++)
		put_element(array, var, i);
}

static void put_policy(struct json_object *array, const struct policy *policy)
{
	struct json_object *tree = put_row(array), *settings;
	struct rodata_var vars[RODATA_MAX_VARS];
	int n = rodata_vars(policy->object, vars, RODATA_MAX_VARS);

	put_string(tree, "policy", policy->name);
	put_string(tree, "meaning", policy_doc(policy));
	put_string(tree, "file", policy->path);
	settings = put_array(tree, "settings");
	for (int i = 0; i < n; i++)
		put_var(settings, &vars[i]);
}

static int list_file(struct json_object *array, const char *path)
{
	struct policy policy;
	int err = policy_open(&policy, path);

	if (!err)
		put_policy(array, &policy);
	policy_close(&policy);
	return err;
}

static int list_one(struct json_object *array, const char *arg)
{
	char path[PATH_MAX];

	error_about("policies", arg);
	return policy_find(arg, path) || list_file(array, path) ? -1 : 0;
}

/* The first file that is no policy is an error, but the others are listed. */
static int list_all(struct json_object *array)
{
	char *paths[POLICY_MAX];
	int n = policy_list(paths), err = 0;

	for (int i = 0; i < n; i++) {
		if (!error_recorded())
			error_about("policies", paths[i]);
		err |= list_file(array, paths[i]);
		free(paths[i]);
	}
	return err;
}

int policies_run(const struct options *options, const char *arg)
{
	struct json_object *array = json_object_new_array();
	int err = arg ? list_one(array, arg) : list_all(array);

	if (err && options->json) {
		json_object_put(array);
		return STATUS_FAILED;
	}
	output_print(array, options_form(options));
	return err ? STATUS_FAILED : STATUS_OK;
}
