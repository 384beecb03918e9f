// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - parts of the output that several commands have in common.
 */
#include <stdlib.h>
#include <string.h>

#include "migrate_ext.h"
#include "report.h"
#include "sysfs.h"

void report_sysfs(struct json_object *tree, const char *key, const char *name)
{
	char text[256];

	sysfs_read(name, text, sizeof(text));
	put_string(tree, key, *text ? text : NULL);
}

bool report_dump(struct json_object *tree, const char *key, const char *name)
{
	char *text = sysfs_text(name), *rest = text, *line;
	struct json_object *array;

	if (!text)
		return false;
	array = put_array(tree, key);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			put_text(array, line);
	free(text);
	return true;
}

void report_exit_dump(struct json_object *tree, const char *key)
{
	report_exit(tree, key);
	report_dump(json_object_object_get(tree, key), "dump", "exit/dump");
}

void report_exit(struct json_object *tree, const char *key)
{
	struct json_object *exit = put_object(tree, key);

	report_sysfs(exit, "policy", "exit/name");
	report_sysfs(exit, "kind", "exit/kind");
	put_s64(exit, "code", sysfs_s64("exit/code"));
	report_sysfs(exit, "message", "exit/msg");
}
