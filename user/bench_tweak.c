// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_tweak.c - settings of the machine, changed and put back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench_tweak.h"
#include "sysfs.h"

#define MAX_TWEAKS 64

static struct {
	char path[128];
	char value[64];
} tweaks[MAX_TWEAKS];

static int nr_tweaks;

static int file_put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* "always [madvise] never" is "madvise". */
static void pick_chosen(char *text)
{
	char *open = strchr(text, '['),
	     *close = open ? strchr(open, ']') : NULL;

	if (!close)
		return;
	*close = '\0';
	memmove(text, open + 1, strlen(open + 1) + 1);
}

/* What it was before the first change is what counts. */
static bool is_known(const char *path)
{
	for (int i = 0; i < nr_tweaks; i++)
		if (!strcmp(tweaks[i].path, path))
			return true;
	return false;
}

int bench_tweak(const char *path, const char *value)
{
	char now[128];
	int err = file_read(path, now, sizeof(now));

	if (err)
		return err;
	pick_chosen(now);
	if (!strcmp(now, value))
		return 0;
	if (nr_tweaks == MAX_TWEAKS)
		return -ENOSPC;
	err = file_put(path, value);
	if (err || is_known(path))
		return err;
	snprintf(tweaks[nr_tweaks].path, sizeof(tweaks[0].path), "%s", path);
	snprintf(tweaks[nr_tweaks].value, sizeof(tweaks[0].value), "%.63s",
		 now);
	nr_tweaks++;
	return 0;
}

void bench_tweak_undo(void)
{
	while (nr_tweaks) {
		nr_tweaks--;
		file_put(tweaks[nr_tweaks].path, tweaks[nr_tweaks].value);
	}
}
