// SPDX-License-Identifier: GPL-2.0-only
/*
 * error.c - one error, one line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "error.h"

static struct {
	char what[320];
	char cause[1024];
	char remedy[640];
	bool recorded;
} error;

void error_about(const char *command, const char *object)
{
	snprintf(error.what, sizeof(error.what), "%s%s%s", command,
		 object ? " " : "", object ? object : "");
}

int fail(const char *remedy, const char *cause, ...)
{
	va_list args;

	if (error.recorded)
		return -1;
	va_start(args, cause);
	vsnprintf(error.cause, sizeof(error.cause), cause, args);
	va_end(args);
	snprintf(error.remedy, sizeof(error.remedy), "%s",
		 remedy ? remedy : "");
	error.recorded = true;
	return -1;
}

int fail_with(const char *cause, const char *remedy, ...)
{
	va_list args;

	if (error.recorded)
		return -1;
	va_start(args, remedy);
	vsnprintf(error.remedy, sizeof(error.remedy), remedy, args);
	va_end(args);
	snprintf(error.cause, sizeof(error.cause), "%s", cause);
	error.recorded = true;
	return -1;
}

void error_forget(void)
{
	error.recorded = false;
}

bool error_recorded(void)
{
	return error.recorded;
}

static void print_json(void)
{
	struct json_object *tree = json_object_new_object();
	struct json_object *item = json_object_new_object();

	json_object_object_add(item, "what",
			       json_object_new_string(error.what));
	json_object_object_add(item, "cause",
			       json_object_new_string(error.cause));
	json_object_object_add(item, "remedy",
			       json_object_new_string(error.remedy));
	json_object_object_add(tree, "error", item);
	puts(json_object_to_json_string_ext(tree,
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(tree);
}

void error_print(bool json)
{
	if (!error.recorded)
		return;
	fflush(stdout);
	fprintf(stderr, "%s: %s%s%s%s%s\n", program_invocation_short_name,
		error.what, *error.what ? ": " : "", error.cause,
		*error.remedy ? "; " : "", error.remedy);
	if (json)
		print_json();
}
