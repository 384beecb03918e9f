// SPDX-License-Identifier: GPL-2.0-only
/*
 * setting.c - files of /proc and /sys: read, change, change back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define SETTINGS  32
#define FILE_MOST (64 << 10)

static struct setting {
	char path[160];
	char value[128];
} settings[SETTINGS];
static int nr_settings;

int file_read(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

bool file_has(const char *path, const char *text)
{
	char *buf = calloc(1, FILE_MOST);
	FILE *f = fopen(path, "r");
	bool has;

	if (f && !fread(buf, 1, FILE_MOST - 1, f))
		note("%s is empty", path);
	if (f)
		fclose(f);
	has = strstr(buf, text);
	free(buf);
	return has;
}

int file_write(const char *path, const char *value)
{
	int rc = 0, fd = open(path, O_WRONLY);

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int64_t file_read_s64(const char *path)
{
	char buf[64];
	int rc = file_read(path, buf, sizeof(buf));

	return rc ? rc : strtoll(buf, NULL, 10);
}

uint64_t table_read(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	unsigned long long value, found = 0;
	char key[64];

	if (!f)
		return 0;
	while (fscanf(f, "%63s %llu%*[^\n]", key, &value) == 2) {
		key[strcspn(key, ":")] = '\0';
		if (!strcmp(key, name))
			found = value;
	}
	fclose(f);
	return found;
}

/* "always [madvise] never": what is in brackets is set. */
static void selected(char *value)
{
	char *open = strchr(value, '['), *close = strchr(value, ']');

	if (!open || !close)
		return;
	*close = '\0';
	memmove(value, open + 1, close - open);
}

int setting_set(const char *path, const char *value)
{
	struct setting *s = &settings[nr_settings];
	int rc;

	if (nr_settings == SETTINGS)
		return -ENOSPC;
	rc = file_read(path, s->value, sizeof(s->value));
	if (rc)
		return rc;
	selected(s->value);
	snprintf(s->path, sizeof(s->path), "%s", path);
	rc = file_write(path, value);
	if (!rc)
		nr_settings++;
	return rc;
}

int setting_set_u64(const char *path, uint64_t value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)value);
	return setting_set(path, buf);
}

void setting_restore(void)
{
	while (nr_settings > 0) {
		const struct setting *s = &settings[--nr_settings];
		int rc = file_write(s->path, s->value);

		if (rc)
			note("%s cannot be set back to '%s': %s", s->path,
			     s->value, strerror(-rc));
	}
}

/* Those that are held for good, by engines that never answered, come on top. */
static int pool_of(int node, const char *size, int64_t want)
{
	char nr[128], free[128];
	int rc;

	snprintf(
		nr, sizeof(nr),
		"/sys/devices/system/node/node%d/hugepages/hugepages-%s/nr_hugepages",
		node, size);
	snprintf(
		free, sizeof(free),
		"/sys/devices/system/node/node%d/hugepages/hugepages-%s/free_hugepages",
		node, size);
	rc = setting_set_u64(nr, want);
	if (!rc && file_read_s64(free) < want)
		rc = setting_set_u64(nr, file_read_s64(nr) -
						 file_read_s64(free) + want);
	if (!rc && file_read_s64(free) < want)
		rc = -ENOMEM;
	return rc;
}

static int pool(const char *size, unsigned int per_node)
{
	int rc = pool_of(0, size, per_node);

	return rc ?: pool_of(1, size, per_node);
}

int hugetlb_pool(unsigned int per_node)
{
	return pool("2048kB", per_node);
}

int gigantic_pool(unsigned int per_node)
{
	return pool("1048576kB", per_node);
}

int setting_quiet(void)
{
	int rc = setting_set("/proc/sys/kernel/numa_balancing", "0");

	return rc ?: setting_set("/proc/sys/vm/compaction_proactiveness", "0");
}
