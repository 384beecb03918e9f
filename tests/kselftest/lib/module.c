// SPDX-License-Identifier: GPL-2.0-only
/*
 * module.c - insert and remove the module; what the kernel logs about it.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fixture.h"

#define MODULE_COPY "/run/migrate_ext.ko"

/*
 * A copy in memory without debug information, which is nine tenths of it: it
 * is read again and again.
 */
const char *module_path(void)
{
	char command[PATH_MAX + 256], exe[PATH_MAX] = "";
	struct utsname uts;

	if (!access(MODULE_COPY, R_OK))
		return MODULE_COPY;
	uname(&uts);
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return NULL;
	snprintf(command, sizeof(command),
		 "objcopy --strip-debug %s/../%s/migrate_ext.ko " MODULE_COPY,
		 dirname(exe), uts.release);
	return system(command) ? NULL : MODULE_COPY;
}

int module_insert(const char *path, const char *params)
{
	int rc, fd = open(path, O_RDONLY);

	if (fd < 0)
		return -errno;
	rc = syscall(SYS_finit_module, fd, params ?: "", 0) ? -errno : 0;
	close(fd);
	return rc;
}

int module_remove_now(void)
{
	return syscall(SYS_delete_module, "migrate_ext", O_NONBLOCK) ? -errno : 0;
}

int module_remove(void)
{
	int tries, rc = -EAGAIN;

	for (tries = 0; tries < 5000 && rc == -EAGAIN; tries++) {
		rc = module_remove_now();
		if (rc)
			usleep(2000);
	}
	return rc;
}

bool module_loaded(void)
{
	return !access("/sys/module/migrate_ext", F_OK);
}

int dmesg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* A record: "level,number,time,flags;text\n" and lines of tags. */
char *dmesg_since(int mark)
{
	char *log = NULL, record[2048];
	size_t len;
	FILE *f = open_memstream(&log, &len);
	ssize_t n;

	while ((n = read(mark, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		const char *text;

		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (text)
			fprintf(f, "%.*s\n", (int)strcspn(text + 1, "\n"),
				text + 1);
	}
	close(mark);
	fclose(f);
	return log;
}
