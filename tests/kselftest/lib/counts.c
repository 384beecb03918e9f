// SPDX-License-Identifier: GPL-2.0-only
/*
 * counts.c - what the module shows in /sys/kernel/migrate_ext.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"

#define MGX_SYSFS "/sys/kernel/migrate_ext/"

#define EVENT_NAME(name, desc) #name,
const char *const event_names[MGX_NR_EVENTS] = { MGX_EVENTS(EVENT_NAME) };
const char *const reason_names[MGX_NR_REASONS] = MGX_REASON_NAMES;

int mgx_read(const char *file, char *buf, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), MGX_SYSFS "%s", file);
	return file_read(path, buf, len);
}

bool mgx_is(const char *file, const char *value)
{
	char buf[256];

	return !mgx_read(file, buf, sizeof(buf)) && !strcmp(buf, value);
}

bool mgx_wait(const char *file, const char *value, unsigned int ms)
{
	const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };

	for (;; ms -= ms < 10 ? ms : 10) {
		if (mgx_is(file, value))
			return true;
		if (!ms)
			return false;
		nanosleep(&tick, NULL);
	}
}

static int counter_read(const char *dir, const char *name, uint64_t *value)
{
	char file[64], buf[32];
	int rc;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	rc = mgx_read(file, buf, sizeof(buf));
	*value = rc ? 0 : strtoull(buf, NULL, 10);
	return rc;
}

static int counts_read_once(struct counts *c)
{
	int i, rc = 0;

	for (i = 0; i < MGX_NR_EVENTS && !rc; i++)
		rc = counter_read("events", event_names[i], &c->ev[i]);
	for (i = 0; i < MGX_NR_REASONS && !rc; i++)
		rc = counter_read("reasons", reason_names[i], &c->reason[i]);
	return rc;
}

/*
 * The files are read one after the other, and somebody else may migrate meanwhile
 * (compaction, NUMA balancing): read until they stand still, or this often.
 */
int counts_read(struct counts *c)
{
	struct counts before;
	int tries = 10, rc = counts_read_once(c);

	do {
		before = *c;
		rc = rc ?: counts_read_once(c);
	} while (!rc && memcmp(&before, c, sizeof(before)) && --tries);
	return rc;
}

int counts_since(struct counts *since)
{
	struct counts now;
	int i, rc = counts_read(&now);

	for (i = 0; i < MGX_NR_EVENTS; i++)
		since->ev[i] = now.ev[i] - since->ev[i];
	for (i = 0; i < MGX_NR_REASONS; i++)
		since->reason[i] = now.reason[i] - since->reason[i];
	return rc;
}

static size_t append(char *buf, size_t at, size_t len, const char *name,
		     uint64_t value)
{
	if (!value || at >= len)
		return at;
	return at + snprintf(buf + at, len - at, " %s=%llu", name,
			     (unsigned long long)value);
}

void counts_print(const struct counts *c)
{
	char line[480] = "";
	size_t at = 0;
	int i;

	for (i = 0; i < MGX_NR_EVENTS; i++)
		at = append(line, at, sizeof(line), event_names[i], c->ev[i]);
	for (i = 0; i < MGX_NR_REASONS; i++)
		at = append(line, at, sizeof(line), reason_names[i],
			    c->reason[i]);
	note("counted:%s", line);
}
