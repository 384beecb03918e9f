// SPDX-License-Identifier: GPL-2.0-only
/*
 * events.c - 'mgxctl events': the module's counters.
 */
#include <stdio.h>

#include "migrate_ext.h"
#include "module.h"
#include "option.h"
#include "sample.h"
#include "sysfs.h"

static void put_event(struct json_object *array, const char *name,
		      const char *text)
{
	struct json_object *row = put_row(array);
	char file[128];

	snprintf(file, sizeof(file), "events/%s", name);
	put_string(row, "event", name);
	put_u64(row, "count", sysfs_u64(file));
	put_string(row, "meaning", text);
}

int events_run(const struct options *options, const char *arg)
{
	struct json_object *array;

	(void)arg;
	if (module_require())
		return STATUS_FAILED;
	array = json_object_new_array();
	for (int i = 0; i < MGX_NR_EVENTS; i++)
		put_event(array, sample_event_names[i], sample_event_texts[i]);
	output_print(array, options_form(options));
	return STATUS_OK;
}
