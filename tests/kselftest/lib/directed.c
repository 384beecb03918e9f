// SPDX-License-Identifier: GPL-2.0-only
/*
 * directed.c - migrations that the test directs, by mgx_test.ko.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fixture.h"

static int directed_insert(void)
{
	char exe[PATH_MAX] = "", path[PATH_MAX + 128];
	struct utsname uts;
	int rc;

	uname(&uts);
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return -errno;
	snprintf(path, sizeof(path), "%s/../%s/mgx_test.ko", dirname(exe),
		 uts.release);
	rc = module_insert(path, NULL);
	if (rc && rc != -EEXIST)
		note("%s cannot be inserted: %s", path, strerror(-rc));
	return rc == -EEXIST ? 0 : rc;
}

int directed_open(struct directed *d)
{
	int rc = directed_insert();

	memset(d, 0, sizeof(*d));
	d->dev = rc ? -1 : open(MGXT_DEVICE, O_RDWR);
	if (d->dev < 0)
		return rc ?: -errno;
	directed_reset(d);
	return 0;
}

void directed_close(struct directed *d)
{
	close(d->dev);
	syscall(SYS_delete_module, "mgx_test", O_NONBLOCK);
}

void directed_reset(struct directed *d)
{
	memset(&d->call, 0, sizeof(d->call));
	d->call.node = 1;
}

void directed_add(struct directed *d, int fd, uint64_t index,
		  unsigned int flags)
{
	d->folio[d->call.nr++] = (struct mgxt_folio){
		.fd = fd,
		.index = index,
		.flags = flags,
		.node = -1,
	};
}

int directed_run(struct directed *d)
{
	d->call.folios = (uintptr_t)d->folio;
	return ioctl(d->dev, MGXT_MIGRATE, &d->call) ? -errno : 0;
}

int directed_file(struct directed *d, unsigned int kind, unsigned int pages)
{
	struct mgxt_file file = { .kind = kind, .pages = pages };
	int fd = ioctl(d->dev, MGXT_FILE, &file);

	return fd < 0 ? -errno : fd;
}
