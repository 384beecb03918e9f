// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - writes JSON as it goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define FIRST_ROOM 16384
#define DIGITS	   20 /* of 64 bits */

static bool make_room(struct text *text, size_t len)
{
	size_t room = text->room ? text->room : FIRST_ROOM;
	char *data;

	if (text->failed || text->room - text->len >= len)
		return !text->failed;
	while (room - text->len < len)
		room *= 2;
	data = realloc(text->data, room);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->room = room;
	return true;
}

void text_add(struct text *text, const char *data, size_t len)
{
	if (!make_room(text, len))
		return;
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

/* What stands before a value: a comma unless it is the first, and its name. */
static void begin(struct text *text, const char *key)
{
	char last = text->len ? text->data[text->len - 1] : '[';

	if (last != '{' && last != '[')
		text_add(text, ",", 1);
	if (!key)
		return;
	text_add(text, "\"", 1);
	text_add(text, key, strlen(key));
	text_add(text, "\":", 2);
}

static void add_number(struct text *text, __u64 value)
{
	char digits[DIGITS];
	int at = DIGITS;

	do {
		digits[--at] = '0' + value % 10;
		value /= 10;
	} while (value);
	text_add(text, digits + at, DIGITS - at);
}

void text_u64(struct text *text, const char *key, __u64 value)
{
	begin(text, key);
	add_number(text, value);
}

void text_s64(struct text *text, const char *key, __s64 value)
{
	begin(text, key);
	if (value < 0)
		text_add(text, "-", 1);
	add_number(text, value < 0 ? -(__u64)value : (__u64)value);
}

void text_bool(struct text *text, const char *key, bool value)
{
	begin(text, key);
	text_add(text, value ? "true" : "false", value ? 4 : 5);
}

static void add_char(struct text *text, char c)
{
	char escaped[8];

	if (c == '"' || c == '\\') {
		text_add(text, "\\", 1);
	} else if ((unsigned char)c < ' ') {
		snprintf(escaped, sizeof(escaped), "\\u%04x", c);
		text_add(text, escaped, strlen(escaped));
		return;
	}
	text_add(text, &c, 1);
}

void text_string(struct text *text, const char *key, const char *value)
{
	begin(text, key);
	if (!value) {
		text_add(text, "null", 4);
		return;
	}
	text_add(text, "\"", 1);
	for (; *value; value++)
		add_char(text, *value);
	text_add(text, "\"", 1);
}

void text_open(struct text *text, const char *key, char bracket)
{
	begin(text, key);
	text_add(text, &bracket, 1);
}

void text_close(struct text *text, char bracket)
{
	text_add(text, &bracket, 1);
}
