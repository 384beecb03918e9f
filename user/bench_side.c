// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_side.c - the stock path, or a policy, in charge while something is
 * measured.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attach.h"
#include "bench_side.h"
#include "error.h"
#include "module.h"
#include "pin.h"
#include "privilege.h"
#include "rodata.h"
#include "slot.h"
#include "sysfs.h"

#define HOOKS_TRIES 600
#define HOOKS_NS    50000000

/* Splits "NAME,KEY=VALUE,..."; the rest of it, or NULL. */
static char *next_setting(char **rest)
{
	return strsep(rest, ",");
}

static int open_policy(struct bench_side *side, char *spec)
{
	char path[PATH_MAX], *name = next_setting(&spec), *setting;

	if (policy_find(name, path) || policy_open(&side->policy, path))
		return -1;
	while ((setting = next_setting(&spec)))
		if (rodata_set(side->policy.object, setting))
			return -1;
	if (privilege_require() || module_require())
		return -1;
	return policy_load(&side->policy);
}

int bench_side_open(struct bench_side *side, const char *spec)
{
	const char *slash = spec ? strrchr(spec, '/') : NULL;
	char *copy;
	int rc;

	memset(side, 0, sizeof(*side));
	side->stock = !spec;
	if (!spec) {
		snprintf(side->label, sizeof(side->label), "stock");
		return 0;
	}
	snprintf(side->label, sizeof(side->label), "%s",
		 slash ? slash + 1 : spec);
	copy = strdup(spec);
	if (!copy)
		return fail(NULL, "out of memory");
	rc = open_policy(side, copy);
	free(copy);
	return rc;
}

/* In charge is nobody, or @name. */
static bool slot_is(const char *name)
{
	char state[16], ops[64];

	if (sysfs_read("state", state, sizeof(state)))
		return !name;
	if (!name)
		return strcmp(state, "active") != 0;
	sysfs_read("ops", ops, sizeof(ops));
	return !strcmp(state, "active") && !strcmp(ops, name);
}

/* Nor is there anything left of one that ended. */
static bool slot_is_empty(void)
{
	char state[16];

	return sysfs_read("state", state, sizeof(state)) ||
	       !strcmp(state, "none");
}

/* Nor hooked by a module that does nothing there any more. */
static bool stock_is_stock(void)
{
	char text[16];

	return sysfs_read("hooked", text, sizeof(text)) || !strcmp(text, "0");
}

static int wait_stock(void)
{
	const struct timespec pause = { .tv_nsec = HOOKS_NS };

	for (int i = 0; i < HOOKS_TRIES; i++) {
		if (stock_is_stock())
			return 0;
		nanosleep(&pause, NULL);
	}
	return fail(
		"see 'mgxctl status'",
		"functions are still hooked, so the stock path cannot be measured");
}

static int claim_and_attach(struct bench_side *side)
{
	struct slot slot;
	int lock_fd = pin_lock(), rc;

	if (lock_fd < 0)
		return -1;
	rc = slot_claim(
		&slot, false,
		"'mgxctl unload' first: the stock path is measured without any");
	if (!rc && !side->stock) {
		side->link = attach_new(&side->policy);
		rc = side->link ? 0 : -1;
	}
	slot_close(&slot);
	pin_unlock(lock_fd);
	return rc;
}

int bench_side_enter(struct bench_side *side)
{
	/* No need to be root for that. */
	if (side->stock && slot_is_empty())
		return wait_stock();
	if (claim_and_attach(side))
		return -1;
	return side->stock ? wait_stock() : 0;
}

int bench_side_check(const struct bench_side *side)
{
	char now[64], kind[32], why[256];

	if (side->stock) {
		if (slot_is(NULL) && stock_is_stock())
			return 0;
		sysfs_read("ops", now, sizeof(now));
		return fail(
			"load no policy while mgxbench runs",
			"somebody loaded policy '%s' while the stock path was measured",
			now);
	}
	if (slot_is(side->policy.name))
		return 0;
	sysfs_read("exit/kind", kind, sizeof(kind));
	sysfs_read("exit/msg", why, sizeof(why));
	return fail("see 'mgxctl status' and 'mgxctl dump --last'",
		    "policy '%s' ended while it was measured: %s%s%s",
		    side->policy.name, kind, *why ? ": " : "", why);
}

void bench_side_leave(struct bench_side *side)
{
	bpf_link__destroy(side->link);
	side->link = NULL;
}

void bench_side_close(struct bench_side *side)
{
	bpf_link__destroy(side->link);
	side->link = NULL;
	policy_close(&side->policy);
	memset(&side->policy, 0, sizeof(side->policy));
}

/* --- counters ---------------------------------------------------------------------- */

static const char *const kind_names[] = MGX_KIND_NAMES;

const char *const bench_event_names[BENCH_NR_EVENTS] = {
	[BENCH_CALLS] = "calls",
	[BENCH_NO_CONTEXT] = "calls_no_context",
	[BENCH_MIGRATED] = "pages_migrated",
	[BENCH_BATCHES] = "batches",
	[BENCH_BATCHED] = "pages_batched",
	[BENCH_COPIED] = "pages_copied",
	[BENCH_USED] = "pages_used",
	[BENCH_BY_KERNEL] = "pages_kernel",
};

static void channel_read(struct bench_counters *now, unsigned int id)
{
	char name[64], kind[32];

	snprintf(name, sizeof(name), "channels/%u/kind", id);
	if (sysfs_read(name, kind, sizeof(kind)))
		return;
	snprintf(name, sizeof(name), "channels/%u/bytes", id);
	now->channel[id] = sysfs_u64(name);
	for (int i = 0; i < MGX_NR_KINDS; i++)
		if (!strcmp(kind, kind_names[i]))
			now->bytes[i] += now->channel[id];
	snprintf(name, sizeof(name), "channels/%u/cpu_ns", id);
	now->helper_ns += sysfs_u64(name);
}

static __u64 event_read(enum bench_event event)
{
	char name[64];

	snprintf(name, sizeof(name), "events/%s", bench_event_names[event]);
	return sysfs_u64(name);
}

void bench_counters_read(struct bench_counters *now)
{
	DIR *dir = opendir(MGX_SYSFS "/channels");
	struct dirent *entry;

	memset(now, 0, sizeof(*now));
	for (int i = 0; i < BENCH_NR_EVENTS; i++)
		now->event[i] = event_read(i);
	while (dir && (entry = readdir(dir))) {
		unsigned long id = strtoul(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && id < MGX_MAX_CHANNELS)
			channel_read(now, id);
	}
	if (dir)
		closedir(dir);
}

/* A channel that came or went meanwhile counts from 0. */
static void grown(__u64 *since, const __u64 *now, int nr)
{
	for (int i = 0; i < nr; i++)
		since[i] = now[i] >= since[i] ? now[i] - since[i] : 0;
}

void bench_counters_since(struct bench_counters *since)
{
	struct bench_counters now;

	bench_counters_read(&now);
	grown(since->event, now.event, BENCH_NR_EVENTS);
	grown(since->bytes, now.bytes, MGX_NR_KINDS);
	grown(since->channel, now.channel, MGX_MAX_CHANNELS);
	grown(&since->helper_ns, &now.helper_ns, 1);
}

static void add(__u64 *sum, const __u64 *more, int nr)
{
	for (int i = 0; i < nr; i++)
		sum[i] += more[i];
}

void bench_counters_add(struct bench_counters *sum,
			const struct bench_counters *more)
{
	add(sum->event, more->event, BENCH_NR_EVENTS);
	add(sum->bytes, more->bytes, MGX_NR_KINDS);
	add(sum->channel, more->channel, MGX_MAX_CHANNELS);
	sum->helper_ns += more->helper_ns;
	sum->engines = 0;
	for (int i = 0; i < MGX_MAX_CHANNELS; i++)
		sum->engines += i != MGX_CHANNEL_CALLER && sum->channel[i];
}
