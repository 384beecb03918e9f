// SPDX-License-Identifier: GPL-2.0-only
/*
 * status.c - 'mgxctl status': who is in charge and what was done.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "migrate_ext.h"
#include "module.h"
#include "option.h"
#include "report.h"
#include "stats.h"
#include "sysfs.h"
#include "util.h"

static const char *const reason_names[MGX_NR_REASONS] = MGX_REASON_NAMES;

/* What was seen, what was done with it, what went wrong; 'events' has all. */
static const char *const key_events[] = {
	"calls",	 "batches",	  "pages_migrated", "pages_batched",
	"pages_copied",	 "pages_kernel",  "submit_refused", "kfunc_misuse",
	"folios_redone", "folios_limbo",  "channel_failed", "verify_failed",
	"batches_worse", "guard_tripped",
};

static void put_counter(struct json_object *tree, const char *dir,
			const char *key)
{
	char name[320];

	snprintf(name, sizeof(name), "%s/%s", dir, key);
	put_u64(tree, key, sysfs_u64(name));
}

static void put_line(struct json_object *tree, const char *dir, const char *key)
{
	char name[320];

	snprintf(name, sizeof(name), "%s/%s", dir, key);
	report_sysfs(tree, key, name);
}

static void put_events(struct json_object *tree)
{
	struct json_object *events = put_object(tree, "events");

	for (size_t i = 0; i < ARRAY_SIZE(key_events); i++)
		put_counter(events, "events", key_events[i]);
}

/* A figure that not each channel has. */
static void put_figure(struct json_object *tree, const char *dir,
		       const char *key)
{
	char name[320], text[32];

	snprintf(name, sizeof(name), "%s/%s", dir, key);
	if (sysfs_read(name, text, sizeof(text)))
		put_string(tree, key, NULL);
	else
		put_u64(tree, key, strtoull(text, NULL, 10));
}

static void put_channel(struct json_object *array, const char *id)
{
	struct json_object *row = put_row(array);
	char dir[64];

	snprintf(dir, sizeof(dir), "channels/%.20s", id);
	put_u64(row, "channel", strtoul(id, NULL, 10));
	put_line(row, dir, "kind");
	put_line(row, dir, "name");
	put_line(row, dir, "node");
	put_line(row, dir, "state");
	put_counter(row, dir, "copies");
	put_counter(row, dir, "bytes");
	put_counter(row, dir, "errors");
	put_counter(row, dir, "ns");
	put_figure(row, dir, "inflight");
	put_figure(row, dir, "ewma_mbps");
	put_figure(row, dir, "p50_ns");
	put_figure(row, dir, "p99_ns");
}

static int is_channel(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

static void put_channels(struct json_object *tree)
{
	struct json_object *array = put_array(tree, "channels");
	struct dirent **entries;
	int n = scandir(MGX_SYSFS "/channels", &entries, is_channel,
			versionsort);

	for (int i = 0; i < n; i++) {
		put_channel(array, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void put_stat(struct json_object *row, const char *key,
		     const __u64 *value)
{
	if (value)
		put_u64(row, key, *value);
	else
		put_string(row, key, NULL);
}

/* @stat: NULL if the policy does not tell */
static void put_reason(struct json_object *array, const char *reason,
		       const struct mgx_policy_stat *stat)
{
	struct json_object *row = put_row(array);
	char name[64];

	snprintf(name, sizeof(name), "reasons/%s", reason);
	put_string(row, "reason", reason);
	put_u64(row, "pages", sysfs_u64(name));
	put_stat(row, "calls", stat ? &stat->calls : NULL);
	put_stat(row, "batches", stat ? &stat->batches : NULL);
	put_stat(row, "folios", stat ? &stat->folios : NULL);
	put_stat(row, "bytes", stat ? &stat->bytes : NULL);
	put_stat(row, "submitted_bytes", stat ? &stat->submitted_bytes : NULL);
	put_stat(row, "copied_bytes", stat ? &stat->copied_bytes : NULL);
	put_stat(row, "ns", stat ? &stat->ns : NULL);
}

static void put_reasons(struct json_object *tree)
{
	struct json_object *array = put_array(tree, "reasons");
	struct mgx_policy_stat stats[MGX_NR_REASONS];
	bool known = sysfs_active() && !stats_read(stats);

	for (int i = 0; i < MGX_NR_REASONS; i++)
		put_reason(array, reason_names[i], known ? &stats[i] : NULL);
}

static void put_guard(struct json_object *tree)
{
	struct json_object *guard = put_object(tree, "guard");

	put_u64(guard, "percent", sysfs_u64("guard/percent"));
	put_u64(guard, "run", sysfs_u64("guard/run"));
	put_bool(guard, "ejects", sysfs_u64("guard/ejects"));
	put_u64(guard, "worse", sysfs_u64("guard/worse"));
}

static void put_refusals(struct json_object *tree)
{
	struct json_object *refused = put_object(tree, "refused");

	put_u64(refused, "policies", sysfs_u64("nr_rejected"));
	report_sysfs(refused, "last_reason", "reject_reason");
}

int status_run(const struct options *options, const char *arg)
{
	struct json_object *tree;

	(void)arg;
	if (module_require())
		return STATUS_FAILED;
	tree = json_object_new_object();
	report_sysfs(tree, "state", "state");
	report_sysfs(tree, "policy", "ops");
	report_sysfs(tree, "version", "version");
	report_sysfs(tree, "hooks", "hooks");
	put_u64(tree, "enable_seq", sysfs_u64("enable_seq"));
	put_u64(tree, "reserve", sysfs_u64("reserve"));
	put_u64(tree, "timeout_ms", sysfs_u64("timeout_ms"));
	put_guard(tree);
	put_refusals(tree);
	report_exit(tree, "last_exit");
	put_events(tree);
	put_channels(tree);
	put_reasons(tree);
	output_print(tree, options_form(options));
	return STATUS_OK;
}
