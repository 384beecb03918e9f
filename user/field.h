/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * field.h - members of C structures by their JSON names: one table reads,
 * writes and parses.
 */
#ifndef _MGX_FIELD_H
#define _MGX_FIELD_H

#include <stddef.h>

#include <json-c/json.h>

#include "text.h"

enum field_type {
	FIELD_U64, /* SAMPLE_NONE is null */
	FIELD_S64,
	FIELD_U32,
	FIELD_S32,
	FIELD_BOOL,
	FIELD_TEXT, /* empty is null */
	FIELD_HIST64,
	FIELD_HIST32,
	FIELD_REASON,
	FIELD_SIZE,
};

/**
 * struct field - a member
 * @key: its name; NULL ends a table
 * @type: how it is stored
 * @offset: where
 * @size: of a text
 */
struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	size_t size;
};

/* clang-format off: tables */
#define FIELD(_key, _type, _struct, _member)           \
	{ .key = (_key),                               \
	  .type = FIELD_##_type,                       \
	  .offset = offsetof(struct _struct, _member), \
	  .size = sizeof(((struct _struct *)0)->_member) }

/* clang-format on */
void fields_put(struct text *text, const struct field *fields,
		const void *base);

/* What is missing or malformed is left empty, 0 or SAMPLE_NONE. */
void fields_get(struct json_object *tree, const struct field *fields,
		void *base);

/* As if nothing was known of them: as fields_get() leaves what is missing. */
void fields_clear(const struct field *fields, void *base);

/*
 * Stores what a file called @key says in the field of that name, if there is
 * one. Returns it, or NULL.
 */
const struct field *fields_set(const struct field *fields, void *base,
			       const char *key, const char *text);

#endif /* _MGX_FIELD_H */
