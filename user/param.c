// SPDX-License-Identifier: GPL-2.0-only
/*
 * param.c - the settings of the policy in charge.
 *
 * Their values are in the pinned map, their names and types in the policy's
 * file: the BTF of a loaded map may be had by root only.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "error.h"
#include "param.h"
#include "pin.h"
#include "policy.h"
#include "rodata.h"

#define RODATA "maps/rodata"

/* Replaces the file's defaults by what was loaded. */
static int load_values(struct bpf_object *object)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), zero = 0;
	char path[64];
	size_t size = 0;
	void *image = rodata_image(object, &size);
	int fd, err;

	if (!image)
		return -1;
	fd = bpf_obj_get_opts(pin_place(RODATA, path, sizeof(path)), &opts);
	if (fd < 0)
		return -1;
	err = bpf_map_get_info_by_fd(fd, &info, &len);
	if (!err && info.value_size != size)
		err = -1;
	if (!err)
		err = bpf_map_lookup_elem(fd, &zero, image);
	close(fd);
	return err ? -1 : 0;
}

static void put_value(struct sample_param *param, const struct rodata_var *var,
		      unsigned int index)
{
	__u64 value = setting_fetch(&var->type, var->data, index);

	if (var->type.is_signed)
		snprintf(param->value, sizeof(param->value), "%lld",
			 (long long)value);
	else
		snprintf(param->value, sizeof(param->value), "%llu",
			 (unsigned long long)value);
}

static void put_var(struct sample *sample, const struct rodata_var *var)
{
	unsigned int nr = var->type.nelems ? var->type.nelems : 1;
	char index[SETTING_LEN] = "";

	for (unsigned int i = 0; i < nr && sample->nr_params < SAMPLE_PARAMS;
	     i++) {
		struct sample_param *param =
			&sample->param[sample->nr_params++];

		if (var->type.nelems)
			setting_index_name(&var->type, i, index, sizeof(index));
		snprintf(param->key, sizeof(param->key), "%.31s%s%.31s",
			 var->key, *index ? "." : "", index);
		put_value(param, var, i);
	}
}

__u64 param_map(void)
{
	struct stat st;
	char path[64];

	return stat(pin_place(RODATA, path, sizeof(path)), &st) ? 0 : st.st_ino;
}

void param_read(struct sample *sample)
{
	struct rodata_var vars[RODATA_MAX_VARS];
	char path[PATH_MAX];
	struct policy policy;
	int n;

	sample->nr_params = 0;
	if (!*sample->policy)
		return;
	if (policy_find(sample->policy, path)) {
		error_forget();
		return;
	}
	if (!policy_open(&policy, path) && !load_values(policy.object)) {
		n = rodata_vars(policy.object, vars, RODATA_MAX_VARS);
		for (int i = 0; i < n; i++)
			put_var(sample, &vars[i]);
	}
	policy_close(&policy);
	error_forget();
}
