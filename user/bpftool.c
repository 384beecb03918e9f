// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpftool.c - 'mgxctl bpftool': runs the installed bpftool so that it knows the
 * module's types.
 *
 * bpftool looks up the types of struct_ops maps in vmlinux's BTF alone, and
 * crashes when they are a module's. A module's BTF continues the numbers of
 * vmlinux's, types and strings alike, so the two in a row are the BTF of both.
 * bpftool finds that in the place of vmlinux's, in a mount namespace of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "error.h"
#include "module.h"
#include "option.h"
#include "sysfs.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"
/* As far as all versions have it. */
#define HEADER_SIZE offsetofend(struct btf_header, str_len)
#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))

/**
 * struct raw_btf - a BTF file
 * @header: it begins with it
 * @size: of the file
 */
struct raw_btf {
	struct btf_header *header;
	size_t size;
};

static char *types_of(const struct raw_btf *btf)
{
	return (char *)btf->header + btf->header->hdr_len +
	       btf->header->type_off;
}

static char *strings_of(const struct raw_btf *btf)
{
	return (char *)btf->header + btf->header->hdr_len +
	       btf->header->str_off;
}

/* Files of sysfs come in pieces. NULL with the error recorded. */
static void *read_all(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = NULL, *more = NULL;
	size_t room = 0;
	ssize_t n = 1;

	for (*size = 0; fd >= 0 && n > 0; *size += n > 0 ? n : 0) {
		if (room - *size < 65536) {
			room = room * 2 + (1 << 20);
			more = realloc(data, room);
			if (!more)
				break;
			data = more;
		}
		n = read(fd, data + *size, room - *size);
	}
	if (fd < 0 || n)
		fail(NULL, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && !n)
		return data;
	free(data);
	return NULL;
}

static int read_btf(const char *path, struct raw_btf *btf)
{
	const struct btf_header *header;

	btf->header = read_all(path, &btf->size);
	header = btf->header;
	if (!header)
		return -1;
	if (btf->size < HEADER_SIZE || header->magic != BTF_MAGIC ||
	    (size_t)header->hdr_len + header->type_off + header->type_len >
		    btf->size ||
	    (size_t)header->hdr_len + header->str_off + header->str_len >
		    btf->size)
		return fail(NULL, "%s: no BTF", path);
	return 0;
}

static int write_merged(const struct raw_btf *base, const struct raw_btf *split,
			FILE *file)
{
	struct btf_header header;

	/* Later headers are longer, and say of the rest that it is empty. */
	memcpy(&header, base->header, HEADER_SIZE);
	header.hdr_len = HEADER_SIZE;
	header.type_off = 0;
	header.type_len += split->header->type_len;
	header.str_off = header.type_len;
	header.str_len += split->header->str_len;
	fwrite(&header, HEADER_SIZE, 1, file);
	fwrite(types_of(base), base->header->type_len, 1, file);
	fwrite(types_of(split), split->header->type_len, 1, file);
	fwrite(strings_of(base), base->header->str_len, 1, file);
	fwrite(strings_of(split), split->header->str_len, 1, file);
	return ferror(file) ? -1 : 0;
}

static int write_file(const char *path)
{
	struct raw_btf base = { 0 }, split = { 0 };
	FILE *file = fopen(path, "wxe");
	int err = -1;

	if (!file)
		return fail(NULL, "%s: %s", path, strerror(errno));
	if (!read_btf(VMLINUX_BTF, &base) && !read_btf(MGX_MODULE_BTF, &split))
		err = write_merged(&base, &split, file);
	if (fclose(file) || err)
		err = fail(NULL, "%s: %s", path, strerror(errno));
	free(base.header);
	free(split.header);
	return err;
}

/* The merged BTF in the place of vmlinux's, for this process alone. */
static int cover(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/vmlinux", dir);
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("btf", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return fail("run it as root", "no mount namespace: %s",
			    strerror(errno));
	if (write_file(path))
		return -1;
	if (mount(path, VMLINUX_BTF, NULL, MS_BIND, NULL))
		return fail(NULL, "mount over " VMLINUX_BTF ": %s",
			    strerror(errno));
	umount2(dir, MNT_DETACH);
	return 0;
}

int bpftool_run(const struct options *options, const char *arg)
{
	char dir[] = "/tmp/mgxctl-btf.XXXXXX";
	char program[] = "bpftool";
	char *args[256] = { program };
	int err, n = 1;

	(void)arg;
	error_about("bpftool", NULL);
	if (module_require())
		return STATUS_FAILED;
	for (char *const *rest = options->rest; *rest && n < 255; rest++)
		args[n++] = *rest;
	if (!mkdtemp(dir)) {
		fail(NULL, "%s: %s", dir, strerror(errno));
		return STATUS_FAILED;
	}
	err = cover(dir);
	rmdir(dir);
	if (err)
		return STATUS_FAILED;
	execvp(args[0], args);
	fail("install bpftool", "bpftool: %s", strerror(errno));
	return STATUS_FAILED;
}
