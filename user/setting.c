// SPDX-License-Identifier: GPL-2.0-only
/*
 * setting.c - parses --set KEY[.INDEX]=VALUE.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate_ext.h"
#include "setting.h"
#include "util.h"

static const char *const reason_names[MGX_NR_REASONS] = MGX_REASON_NAMES;

static int copy_part(char *to, const char *from, size_t len)
{
	if (!len || len >= SETTING_LEN)
		return -EINVAL;
	memcpy(to, from, len);
	to[len] = '\0';
	return 0;
}

int setting_parse(struct setting *setting, const char *arg)
{
	const char *equals = strchr(arg, '=');
	const char *dot;
	size_t key_len;

	memset(setting, 0, sizeof(*setting));
	if (!equals)
		return -EINVAL;
	key_len = equals - arg;
	dot = memchr(arg, '.', key_len);
	if (dot) {
		if (copy_part(setting->index, dot + 1, equals - dot - 1))
			return -EINVAL;
		key_len = dot - arg;
	}
	if (copy_part(setting->key, arg, key_len))
		return -EINVAL;
	return copy_part(setting->value, equals + 1, strlen(equals + 1));
}

static unsigned int unit_shift(char unit)
{
	switch (toupper((unsigned char)unit)) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	case 'T':
		return 40;
	default:
		return 0;
	}
}

/* An unsigned number with its unit. */
static int parse_magnitude(const char *text, __u64 *value)
{
	unsigned int shift = 0;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	/* No octal: 010 is ten. */
	*value = strtoull(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
	if (errno)
		return -ERANGE;
	if (*end) {
		shift = unit_shift(*end++);
		if (!shift)
			return -EINVAL;
	}
	if (*end)
		return -EINVAL;
	if (shift && *value >> (64 - shift))
		return -ERANGE;
	*value <<= shift;
	return 0;
}

static __u64 type_max(const struct setting_type *type)
{
	__u64 max = ~0ULL >> (64 - 8 * type->size);

	return type->is_signed ? max >> 1 : max;
}

static int parse_bool(const char *text, __u64 *value)
{
	static const char *const words[][2] = {
		{ "0", "1" },
		{ "no", "yes" },
		{ "false", "true" },
		{ "off", "on" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		for (*value = 0; *value < 2; ++*value)
			if (!strcasecmp(text, words[i][*value]))
				return 0;
	}
	return -EINVAL;
}

int setting_value(const struct setting_type *type, const char *text,
		  __u64 *value)
{
	bool negative = *text == '-';
	int err;

	if (type->is_bool)
		return parse_bool(text, value);
	err = parse_magnitude(text + negative, value);
	if (err)
		return err;
	if (negative) {
		if (*value && (!type->is_signed || *value > type_max(type) + 1))
			return -ERANGE;
		*value = -*value;
		return 0;
	}
	return *value > type_max(type) ? -ERANGE : 0;
}

int setting_index(const struct setting_type *type, const char *text,
		  unsigned int *index)
{
	char *end;
	unsigned long n;

	if (type->nelems == MGX_NR_REASONS) {
		for (*index = 0; *index < MGX_NR_REASONS; ++*index)
			if (!strcmp(text, reason_names[*index]))
				return 0;
	}
	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	n = strtoul(text, &end, 10);
	if (*end || n >= type->nelems)
		return -EINVAL;
	*index = n;
	return 0;
}

void setting_range(const struct setting_type *type, char *text, size_t size)
{
	__u64 max = type_max(type);

	if (type->is_bool)
		snprintf(text, size, "yes or no");
	else if (type->is_signed)
		snprintf(text, size, "%lld to %llu", -(__s64)max - 1, max);
	else
		snprintf(text, size, "0 to %llu", max);
}

void setting_type_name(const struct setting_type *type, char *text, size_t size)
{
	char base[8];

	if (type->is_bool)
		snprintf(base, sizeof(base), "bool");
	else
		snprintf(base, sizeof(base), "%c%u",
			 type->is_signed ? 's' : 'u', (8 * type->size) & 0xff);
	if (type->nelems)
		snprintf(text, size, "%s[%u]", base, type->nelems);
	else
		snprintf(text, size, "%s", base);
}

void setting_store(const struct setting_type *type, void *data,
		   unsigned int index, __u64 value)
{
	void *to = (char *)data + (size_t)index * type->size;
	__u32 v32 = value;
	__u16 v16 = value;
	__u8 v8 = value;

	switch (type->size) {
	case 1:
		memcpy(to, &v8, 1);
		break;
	case 2:
		memcpy(to, &v16, 2);
		break;
	case 4:
		memcpy(to, &v32, 4);
		break;
	default:
		memcpy(to, &value, 8);
	}
}

__u64 setting_fetch(const struct setting_type *type, const void *data,
		    unsigned int index)
{
	const void *from = (const char *)data + (size_t)index * type->size;
	unsigned int unused = 64 - 8 * type->size;
	__u64 value = 0;

	/* Little endian, as all machines that migrate_ext runs on. */
	memcpy(&value, from, type->size);
	if (type->is_signed)
		return (__u64)((__s64)(value << unused) >> unused);
	return value;
}

void setting_index_name(const struct setting_type *type, unsigned int index,
			char *text, size_t size)
{
	if (type->nelems == MGX_NR_REASONS)
		snprintf(text, size, "%s", reason_names[index]);
	else
		snprintf(text, size, "%u", index);
}
