/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - the one writer: commands fill a tree, which is printed as JSON or
 * as plain text.
 */
#ifndef _MGXCTL_OUTPUT_H
#define _MGXCTL_OUTPUT_H

#include <linux/types.h>
#include <stdbool.h>

#include <json-c/json.h>

enum output_form {
	OUTPUT_PLAIN,
	OUTPUT_JSON,
	OUTPUT_JSON_LINE, /* one document a line, for commands that run on */
};

/* Prints and frees @tree. */
void output_print(struct json_object *tree, enum output_form form);

/* Members of an object; a NULL string becomes null. */
void put_string(struct json_object *tree, const char *key, const char *value);
void put_u64(struct json_object *tree, const char *key, __u64 value);
void put_s64(struct json_object *tree, const char *key, __s64 value);
void put_bool(struct json_object *tree, const char *key, bool value);
struct json_object *put_object(struct json_object *tree, const char *key);
struct json_object *put_array(struct json_object *tree, const char *key);

/* A text at the end of an array. */
void put_text(struct json_object *array, const char *text);

/* A new object at the end of an array. */
struct json_object *put_row(struct json_object *array);

#endif /* _MGXCTL_OUTPUT_H */
