// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs.c - reads files of one line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"

#define ENDED_MS      35000 /* a batch that is under way may take 30 s */
#define ENDED_POLL_MS 20

int file_read(const char *path, char *text, size_t size)
{
	ssize_t n;
	int fd;

	text[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

int sysfs_read(const char *name, char *text, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), MGX_SYSFS "/%s", name);
	return file_read(path, text, size);
}

int sysfs_write(const char *name, const char *text)
{
	char path[256];
	int fd, err = 0;

	snprintf(path, sizeof(path), MGX_SYSFS "/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

char *sysfs_text(const char *name)
{
	char path[256], *text = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *file;

	snprintf(path, sizeof(path), MGX_SYSFS "/%s", name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	n = getdelim(&text, &size, '\0', file);
	if (n < 0) {
		free(text);
		text = feof(file) ? strdup("") : NULL;
	}
	fclose(file);
	return text;
}

__u64 sysfs_u64(const char *name)
{
	char text[32];

	return sysfs_read(name, text, sizeof(text)) ? 0 :
						      strtoull(text, NULL, 10);
}

__s64 sysfs_s64(const char *name)
{
	char text[32];

	return sysfs_read(name, text, sizeof(text)) ? 0 :
						      strtoll(text, NULL, 10);
}

bool sysfs_present(void)
{
	return !access(MGX_SYSFS "/state", F_OK);
}

bool sysfs_active(void)
{
	char state[16];

	return !sysfs_read("state", state, sizeof(state)) &&
	       !strcmp(state, "active");
}

/* The module reports a policy's end, then lets go of the hooks. */
static bool policy_is_ending(void)
{
	char hooks[16];

	return !sysfs_active() && !sysfs_read("hooks", hooks, sizeof(hooks)) &&
	       !strcmp(hooks, "armed");
}

void sysfs_wait_ended(void)
{
	for (int ms = 0; ms < ENDED_MS && policy_is_ending();
	     ms += ENDED_POLL_MS)
		poll(NULL, 0, ENDED_POLL_MS);
}
