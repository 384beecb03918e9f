// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - parts of the output that several commands have in common.
 */
#include "migrate_ext.h"
#include "report.h"
#include "sysfs.h"

void report_sysfs(struct json_object *tree, const char *key, const char *name)
{
	char text[256];

	sysfs_read(name, text, sizeof(text));
	put_string(tree, key, *text ? text : NULL);
}

void report_exit(struct json_object *tree, const char *key)
{
	struct json_object *exit = put_object(tree, key);

	report_sysfs(exit, "policy", "exit/name");
	report_sysfs(exit, "kind", "exit/kind");
	put_s64(exit, "code", sysfs_s64("exit/code"));
	report_sysfs(exit, "message", "exit/msg");
}
