// SPDX-License-Identifier: GPL-2.0-only
/*
 * link.c - the BPF link that keeps a policy attached.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "link.h"
#include "pin.h"
#include "sysfs.h"

int link_open_pinned(void)
{
	int fd = bpf_obj_get(PIN_LINK);

	return fd < 0 ? -1 : fd;
}

static bool link_info(int fd, struct bpf_link_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, len);
	return !bpf_link_get_info_by_fd(fd, info, &len) &&
	       info->type == BPF_LINK_TYPE_STRUCT_OPS;
}

bool link_is_attached(int link_fd)
{
	struct bpf_link_info info;

	return link_info(link_fd, &info) && info.struct_ops.map_id;
}

static const struct btf_member *member_find(const struct btf *btf,
					    const struct btf_type *type,
					    const char *name)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++)
		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return member;
	return NULL;
}

/* Pointers in libbpf's image are programs, which the kernel wants as fds. */
static void value_copy(char *to, const char *from, const struct btf *btf,
		       __u32 type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	struct bpf_program *program;
	unsigned long fd;

	if (!btf_is_ptr(type)) {
		memcpy(to, from, btf__resolve_size(btf, type_id));
		return;
	}
	memcpy(&program, from, sizeof(program));
	if (!program)
		return;
	fd = bpf_program__fd(program);
	memcpy(to, &fd, sizeof(fd));
}

/* @value: struct bpf_struct_ops_mgx_ops as the kernel lays it out */
static int value_fill(char *value, const struct policy *policy,
		      const struct btf *kernel_btf, __u32 value_type_id)
{
	const struct btf *btf = bpf_object__btf(policy->object);
	const struct btf_type *local, *wrapper, *data_type;
	const struct btf_member *member, *data, *target;
	const char *image = bpf_map__initial_value(policy->ops, NULL);

	wrapper = btf__type_by_id(kernel_btf, value_type_id);
	data = member_find(kernel_btf, wrapper, "data");
	if (!data)
		return -EINVAL;
	data_type = btf__type_by_id(kernel_btf, data->type);
	local = btf__type_by_id(btf, bpf_map__btf_value_type_id(policy->ops));
	member = btf_members(local);
	for (int i = 0; i < btf_vlen(local); i++, member++) {
		target =
			member_find(kernel_btf, data_type,
				    btf__name_by_offset(btf, member->name_off));
		/* libbpf made sure that what the kernel lacks is zero. */
		if (target)
			value_copy(value + (data->offset + target->offset) / 8,
				   image + member->offset / 8, btf,
				   member->type);
	}
	return 0;
}

static int value_update(const struct policy *policy,
			const struct bpf_map_info *info,
			const struct btf *kernel_btf)
{
	char *value = calloc(1, info->value_size);
	__u32 zero = 0;
	int err;

	if (!value)
		return -ENOMEM;
	err = value_fill(value, policy, kernel_btf,
			 info->btf_vmlinux_value_type_id);
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(policy->ops), &zero,
					  value, 0);
	free(value);
	return err;
}

int link_swap(int link_fd, const struct policy *policy)
{
	struct bpf_map_info info = { 0 };
	struct btf *vmlinux, *module = NULL;
	__u32 len = sizeof(info);
	int err;

	err = bpf_map_get_info_by_fd(bpf_map__fd(policy->ops), &info, &len);
	if (err)
		return err;
	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux)
		return -errno;
	module =
		btf__load_from_kernel_by_id_split(info.btf_vmlinux_id, vmlinux);
	err = module ? value_update(policy, &info, module) : -errno;
	if (!err)
		err = bpf_link_update(link_fd, bpf_map__fd(policy->ops), NULL);
	btf__free(module);
	btf__free(vmlinux);
	return err;
}

/* The map behind a struct_ops link is one of this module's. */
static bool is_our_map(__u32 map_id)
{
	struct bpf_map_info info = { 0 };
	struct bpf_btf_info btf_info = { 0 };
	char name[64] = "";
	__u32 len = sizeof(info), btf_len = sizeof(btf_info);
	int fd = bpf_map_get_fd_by_id(map_id);
	int err;

	if (fd < 0)
		return false;
	err = bpf_map_get_info_by_fd(fd, &info, &len);
	close(fd);
	fd = err ? -1 : bpf_btf_get_fd_by_id(info.btf_vmlinux_id);
	if (fd < 0)
		return false;
	btf_info.name = (uintptr_t)name;
	btf_info.name_len = sizeof(name);
	err = bpf_btf_get_info_by_fd(fd, &btf_info, &btf_len);
	close(fd);
	return !err && !strcmp(name, "migrate_ext");
}

/* Id of the link that keeps our policy attached, or 0. */
static __u32 find_link(void)
{
	struct bpf_link_info info;
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		bool found;

		if (fd < 0)
			continue;
		found = link_info(fd, &info) && info.struct_ops.map_id &&
			is_our_map(info.struct_ops.map_id);
		close(fd);
		if (found)
			return id;
	}
	return 0;
}

int link_detach_held(void)
{
	__u32 id = find_link();
	int fd, err = 0;

	if (!id)
		return -ENOENT;
	fd = bpf_link_get_fd_by_id(id);
	if (fd < 0)
		return fd;
	if (bpf_link_detach(fd))
		err = -errno;
	close(fd);
	return err;
}

static bool fd_is_link(const char *fdinfo, __u32 link_id)
{
	FILE *file = fopen(fdinfo, "re");
	char line[128];
	unsigned int id;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "link_id: %u", &id) == 1 && id == link_id;
	if (file)
		fclose(file);
	return found;
}

static bool process_holds(const char *pid, __u32 link_id)
{
	char path[512];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.200s", pid,
			 entry->d_name);
		found = fd_is_link(path, link_id);
	}
	if (dir)
		closedir(dir);
	return found;
}

bool link_find_holder(char *text, size_t size)
{
	__u32 link_id = find_link();
	DIR *proc = link_id ? opendir("/proc") : NULL;
	char path[64], name[64];
	struct dirent *entry;
	bool found = false;

	while (proc && !found && (entry = readdir(proc))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		found = process_holds(entry->d_name, link_id);
		if (!found)
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		file_read(path, name, sizeof(name));
		snprintf(text, size, "process %s (%s)", entry->d_name, name);
	}
	if (proc)
		closedir(proc);
	return found;
}
