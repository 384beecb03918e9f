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

/*
 * A copy in memory without debug information, which is nine tenths of it: it
 * is read again and again.
 */
const char *module_path_of(const char *name)
{
	char command[PATH_MAX + 256], exe[PATH_MAX] = "";
	static char copy[64];
	struct utsname uts;

	snprintf(copy, sizeof(copy), "/run/%s.ko", name);
	if (!access(copy, R_OK))
		return copy;
	uname(&uts);
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return NULL;
	snprintf(command, sizeof(command),
		 "objcopy --strip-debug %s/../%s/%s.ko %s", dirname(exe),
		 uts.release, name, copy);
	return system(command) ? NULL : copy;
}

const char *module_path(void)
{
	return module_path_of("migrate_ext");
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

static int remove_now(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int module_remove_of(const char *name)
{
	int tries, rc = -EAGAIN;

	for (tries = 0; tries < 5000 && rc == -EAGAIN; tries++) {
		rc = remove_now(name);
		if (rc)
			usleep(2000);
	}
	return rc;
}

int module_remove_now(void)
{
	return remove_now("migrate_ext");
}

int module_remove(void)
{
	return module_remove_of("migrate_ext");
}

int module_anew(const char *params)
{
	int rc = module_remove();

	return rc ?: module_insert(module_path(), params);
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
