// SPDX-License-Identifier: GPL-2.0-only
/*
 * field.c - members of C structures by their JSON names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "sample.h"

static __u64 hist_count(const struct field *field, const void *at, int bucket)
{
	return field->type == FIELD_HIST64 ? ((const __u64 *)at)[bucket] :
					     ((const __u32 *)at)[bucket];
}

static void put_hist(struct text *text, const struct field *field,
		     const void *at)
{
	text_open(text, field->key, '[');
	for (int i = 0; i < MGX_HIST_BUCKETS; i++) {
		__u64 count = hist_count(field, at, i);

		if (!count)
			continue;
		text_open(text, NULL, '[');
		text_u64(text, NULL, i);
		text_u64(text, NULL, count);
		text_close(text, ']');
	}
	text_close(text, ']');
}

/* The name of @value, or the number of what a later kernel has added. */
static void put_name(struct text *text, const char *key,
		     const char *const *names, __u32 nr, __u32 value)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", value);
	text_string(text, key, value < nr ? names[value] : number);
}

static void put_number(struct text *text, const char *key, __u64 value)
{
	if (value == SAMPLE_NONE)
		text_string(text, key, NULL);
	else
		text_u64(text, key, value);
}

static void put_field(struct text *text, const struct field *field,
		      const void *at)
{
	switch (field->type) {
	case FIELD_U64:
		return put_number(text, field->key, *(const __u64 *)at);
	case FIELD_S64:
		return text_s64(text, field->key, *(const __s64 *)at);
	case FIELD_U32:
		return text_u64(text, field->key, *(const __u32 *)at);
	case FIELD_S32:
		return text_s64(text, field->key, *(const __s32 *)at);
	case FIELD_BOOL:
		return text_bool(text, field->key, *(const bool *)at);
	case FIELD_TEXT:
		return text_string(text, field->key,
				   *(const char *)at ? at : NULL);
	case FIELD_HIST64:
	case FIELD_HIST32:
		return put_hist(text, field, at);
	case FIELD_REASON:
		return put_name(text, field->key, sample_reason_names,
				MGX_NR_REASONS, *(const __u32 *)at);
	case FIELD_SIZE:
		return put_name(text, field->key, sample_size_names,
				MGX_NR_SIZES, *(const __u32 *)at);
	}
}

void fields_put(struct text *text, const struct field *fields, const void *base)
{
	for (const struct field *f = fields; f->key; f++)
		put_field(text, f, (const char *)base + f->offset);
}

static void get_bucket(const struct field *field, struct json_object *pair,
		       void *at)
{
	__u64 bucket, count;

	if (!json_object_is_type(pair, json_type_array) ||
	    json_object_array_length(pair) != 2)
		return;
	bucket = json_object_get_uint64(json_object_array_get_idx(pair, 0));
	count = json_object_get_uint64(json_object_array_get_idx(pair, 1));
	if (bucket >= MGX_HIST_BUCKETS)
		return;
	if (field->type == FIELD_HIST64)
		((__u64 *)at)[bucket] = count;
	else
		((__u32 *)at)[bucket] = count;
}

static void get_hist(const struct field *field, struct json_object *value,
		     void *at)
{
	memset(at, 0, field->size);
	if (!json_object_is_type(value, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		get_bucket(field, json_object_array_get_idx(value, i), at);
}

static __u32 get_name(struct json_object *value, const char *const *names,
		      __u32 nr)
{
	const char *text = json_object_get_string(value);

	for (__u32 i = 0; text && i < nr; i++)
		if (!strcmp(text, names[i]))
			return i;
	return text ? strtoul(text, NULL, 10) : 0;
}

static void get_field(const struct field *field, struct json_object *value,
		      void *at)
{
	switch (field->type) {
	case FIELD_U64:
		*(__u64 *)at = value ? json_object_get_uint64(value) :
				       SAMPLE_NONE;
		break;
	case FIELD_S64:
		*(__s64 *)at = json_object_get_int64(value);
		break;
	case FIELD_U32:
		*(__u32 *)at = json_object_get_int64(value);
		break;
	case FIELD_S32:
		*(__s32 *)at = json_object_get_int64(value);
		break;
	case FIELD_BOOL:
		*(bool *)at = json_object_get_boolean(value);
		break;
	case FIELD_TEXT:
		snprintf(at, field->size, "%s",
			 value ? json_object_get_string(value) : "");
		break;
	case FIELD_HIST64:
	case FIELD_HIST32:
		get_hist(field, value, at);
		break;
	case FIELD_REASON:
		*(__u32 *)at =
			get_name(value, sample_reason_names, MGX_NR_REASONS);
		break;
	case FIELD_SIZE:
		*(__u32 *)at = get_name(value, sample_size_names, MGX_NR_SIZES);
		break;
	}
}

void fields_get(struct json_object *tree, const struct field *fields,
		void *base)
{
	for (const struct field *f = fields; f->key; f++) {
		struct json_object *value = NULL;

		json_object_object_get_ex(tree, f->key, &value);
		get_field(f, value, (char *)base + f->offset);
	}
}

/* A line a bucket: the lowest time in it, and how many. */
static void set_hist(const char *text, __u64 *hist)
{
	memset(hist, 0, MGX_HIST_BUCKETS * sizeof(*hist));
	while (text && *text) {
		char *end;
		__u64 floor = strtoull(text, &end, 10);

		if (end == text)
			return;
		hist[mgx_hist_bucket(floor)] = strtoull(end, &end, 10);
		text = *end ? end + 1 : end;
	}
}

static void field_set(const struct field *field, void *base, const char *text)
{
	void *at = (char *)base + field->offset;

	switch (field->type) {
	case FIELD_U64:
		*(__u64 *)at = strtoull(text, NULL, 10);
		break;
	case FIELD_S64:
		*(__s64 *)at = strtoll(text, NULL, 10);
		break;
	case FIELD_HIST64:
		set_hist(text, at);
		break;
	case FIELD_TEXT:
		snprintf(at, field->size, "%s", text);
		break;
	default:
		break;
	}
}

const struct field *fields_set(const struct field *fields, void *base,
			       const char *key, const char *text)
{
	for (const struct field *f = fields; f->key; f++) {
		if (strcmp(f->key, key))
			continue;
		field_set(f, base, text);
		return f;
	}
	return NULL;
}

void fields_clear(const struct field *fields, void *base)
{
	for (const struct field *f = fields; f->key; f++)
		get_field(f, NULL, (char *)base + f->offset);
}
