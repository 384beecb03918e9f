// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - prints a tree as JSON or as plain text.
 *
 * Plain text follows from the form of the tree: an object is a list of
 * "key: value", an array of flat objects a table, any other array a list.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "util.h"

#define INDENT	    2
#define GAP	    2 /* between columns */
#define MAX_COLUMNS 16
/* A column with a longer text is prose: not padded, the next one follows on. */
#define PROSE_WIDTH 40

#define COLOUR_GOOD "\033[32m"
#define COLOUR_WARN "\033[33m"
#define COLOUR_BAD  "\033[31m"
#define COLOUR_OFF  "\033[0m"

struct column {
	const char *key;
	int width;
	bool number;
	bool prose;
};

static void print_tree(struct json_object *tree, int depth);

static bool coloured(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

static const char *state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{ "ok", COLOUR_GOOD },	{ "active", COLOUR_GOOD },
		{ "up", COLOUR_GOOD },	{ "warn", COLOUR_WARN },
		{ "fail", COLOUR_BAD }, { "ejected", COLOUR_BAD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(colours); i++)
		if (!strcmp(state, colours[i].state))
			return colours[i].colour;
	return NULL;
}

/* The text of a value that is neither an object nor an array. */
static const char *scalar_text(struct json_object *value)
{
	if (!value)
		return "-";
	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "yes" : "no";
	if (json_object_is_type(value, json_type_string) &&
	    !json_object_get_string_len(value))
		return "-";
	return json_object_get_string(value);
}

static bool is_nested(struct json_object *value)
{
	return json_object_is_type(value, json_type_object) ||
	       json_object_is_type(value, json_type_array);
}

static bool is_flat(struct json_object *object)
{
	json_object_object_foreach(object, key, value) {
		(void)key;
		if (is_nested(value))
			return false;
	}
	return true;
}

static bool is_table(struct json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *row = json_object_array_get_idx(array, i);

		if (!json_object_is_type(row, json_type_object) ||
		    !is_flat(row))
			return false;
	}
	return true;
}

/* Blanks that are printed only if something follows them on the line. */
static int pending_blanks;

static void print_blanks(int n)
{
	if (n > 0)
		pending_blanks += n;
}

static void print_text(const char *text)
{
	printf("%*s%s", pending_blanks, "", text);
	pending_blanks = 0;
}

static void print_newline(void)
{
	putchar('\n');
	pending_blanks = 0;
}

static void print_padded(const char *key, const char *text, int width)
{
	const char *colour = NULL;

	if (coloured() && !strcmp(key, "state"))
		colour = state_colour(text);
	if (colour)
		fputs(colour, stdout);
	print_text(text);
	if (colour)
		fputs(COLOUR_OFF, stdout);
	print_blanks(width - (int)strlen(text));
}

static void column_measure(struct column *column, struct json_object *array)
{
	column->width = strlen(column->key);
	column->number = true;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *row = json_object_array_get_idx(array, i);
		struct json_object *value =
			json_object_object_get(row, column->key);
		int width = strlen(scalar_text(value));

		if (width > column->width)
			column->width = width;
		if (value && !json_object_is_type(value, json_type_int))
			column->number = false;
	}
	column->prose = column->width > PROSE_WIDTH;
}

static int columns_collect(struct column *columns, struct json_object *array)
{
	struct json_object *first = json_object_array_get_idx(array, 0);
	int n = 0;

	json_object_object_foreach(first, key, value) {
		(void)value;
		if (n == MAX_COLUMNS)
			break;
		columns[n].key = key;
		column_measure(&columns[n++], array);
	}
	return n;
}

static void print_cell(const struct column *column, const char *text, bool last)
{
	if (column->number) {
		print_blanks(column->width - (int)strlen(text));
		print_text(text);
	} else {
		print_padded(column->key, text, last ? 0 : column->width);
	}
}

static void print_head(const struct column *columns, int n, int depth)
{
	print_blanks(depth);
	for (int i = 0; i < n; i++) {
		print_cell(&columns[i], columns[i].key, false);
		if (columns[i].prose)
			break;
		print_blanks(GAP);
	}
	print_newline();
}

/* Prose that is not there leaves no trace. */
static void print_prose(const char *text, bool first)
{
	if (!strcmp(text, "-"))
		return;
	if (!first)
		print_text("; ");
	print_text(text);
}

static void print_row(const struct column *columns, int n,
		      struct json_object *row, int depth)
{
	bool prose = false;

	print_blanks(depth);
	for (int i = 0; i < n; i++) {
		struct json_object *value;
		const char *text;

		value = json_object_object_get(row, columns[i].key);
		text = scalar_text(value);
		if (prose || columns[i].prose) {
			print_prose(text, !prose);
			prose = true;
		} else {
			print_cell(&columns[i], text, i == n - 1);
			print_blanks(GAP);
		}
	}
	print_newline();
}

static void print_table(struct json_object *array, int depth)
{
	struct column columns[MAX_COLUMNS];
	int n = columns_collect(columns, array);

	print_head(columns, n, depth);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		print_row(columns, n, json_object_array_get_idx(array, i),
			  depth);
}

static void print_array(struct json_object *array, int depth)
{
	if (!json_object_array_length(array))
		puts("none");
	if (json_object_array_length(array) && is_table(array)) {
		print_table(array, depth);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *value = json_object_array_get_idx(array, i);

		if (i && is_nested(value))
			print_newline();
		if (is_nested(value)) {
			print_tree(value, depth);
		} else {
			print_blanks(depth);
			print_text(scalar_text(value));
			print_newline();
		}
	}
}

/* Width of the keys that stand on a line with their value. */
static int key_width(struct json_object *object)
{
	int width = 0;

	json_object_object_foreach(object, key, value) {
		if (!is_nested(value) && (int)strlen(key) > width)
			width = strlen(key);
	}
	return width;
}

static bool is_empty(struct json_object *value)
{
	if (json_object_is_type(value, json_type_array))
		return !json_object_array_length(value);
	return !json_object_object_length(value);
}

static void print_key(const char *key, const char *after, int depth)
{
	print_blanks(depth);
	print_text(key);
	print_text(after);
}

static void print_object(struct json_object *object, int depth)
{
	int width = key_width(object) + 1;

	json_object_object_foreach(object, key, value) {
		if (!is_nested(value)) {
			print_key(key, ":", depth);
			print_blanks(width - (int)strlen(key));
			print_padded(key, scalar_text(value), 0);
			print_newline();
		} else if (is_empty(value)) {
			print_key(key, ": none\n", depth);
		} else {
			print_key(key, ":\n", depth);
			print_tree(value, depth + INDENT);
		}
	}
}

static void print_tree(struct json_object *tree, int depth)
{
	if (json_object_is_type(tree, json_type_array))
		print_array(tree, depth);
	else
		print_object(tree, depth);
}

void output_print(struct json_object *tree, enum output_form form)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (form == OUTPUT_JSON)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	if (form == OUTPUT_PLAIN)
		print_tree(tree, 0);
	else
		puts(json_object_to_json_string_ext(tree, flags));
	fflush(stdout);
	json_object_put(tree);
}

void put_string(struct json_object *tree, const char *key, const char *value)
{
	json_object_object_add(tree, key,
			       value ? json_object_new_string(value) : NULL);
}

void put_u64(struct json_object *tree, const char *key, __u64 value)
{
	json_object_object_add(tree, key, json_object_new_uint64(value));
}

void put_s64(struct json_object *tree, const char *key, __s64 value)
{
	json_object_object_add(tree, key, json_object_new_int64(value));
}

void put_bool(struct json_object *tree, const char *key, bool value)
{
	json_object_object_add(tree, key, json_object_new_boolean(value));
}

struct json_object *put_object(struct json_object *tree, const char *key)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(tree, key, object);
	return object;
}

struct json_object *put_array(struct json_object *tree, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(tree, key, array);
	return array;
}

void put_text(struct json_object *array, const char *text)
{
	json_object_array_add(array, json_object_new_string(text));
}

struct json_object *put_row(struct json_object *array)
{
	struct json_object *row = json_object_new_object();

	json_object_array_add(array, row);
	return row;
}
