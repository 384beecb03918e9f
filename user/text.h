/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - writes JSON as it goes, without a tree: what is written each second
 * is to cost little.
 */
#ifndef _MGX_TEXT_H
#define _MGX_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/**
 * struct text - text that grows; begin with an empty one
 * @data: it, not ended by a 0
 * @len: of it
 * @room: for it
 * @failed: there was no memory; what is written is lost
 */
struct text {
	char *data;
	size_t len, room;
	bool failed;
};

void text_add(struct text *text, const char *data, size_t len);

/*
 * A member of an object, or with @key NULL an element of an array. An empty
 * string is ""; NULL is null.
 */
void text_u64(struct text *text, const char *key, __u64 value);
void text_s64(struct text *text, const char *key, __s64 value);
void text_bool(struct text *text, const char *key, bool value);
void text_string(struct text *text, const char *key, const char *value);

/* Likewise; @bracket begins it: '{' or '['. */
void text_open(struct text *text, const char *key, char bracket);
/* @bracket: '}' or ']' */
void text_close(struct text *text, char bracket);

#endif /* _MGX_TEXT_H */
