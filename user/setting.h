/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * setting.h - parses --set KEY[.INDEX]=VALUE. Free of libbpf, so that the unit
 * tests run it on the host.
 */
#ifndef _MGXCTL_SETTING_H
#define _MGXCTL_SETTING_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define SETTING_LEN 64

/**
 * struct setting - a setting as typed
 * @key: name of the constant
 * @index: element of an array, a number or a reason; empty: all of it
 * @value: text of the value
 */
struct setting {
	char key[SETTING_LEN];
	char index[SETTING_LEN];
	char value[SETTING_LEN];
};

/**
 * struct setting_type - what a setting can hold
 * @size: bytes of one value: 1, 2, 4 or 8
 * @is_signed: may be negative
 * @is_bool: yes or no
 * @nelems: elements of the array; 0: it is none
 */
struct setting_type {
	unsigned int size;
	bool is_signed;
	bool is_bool;
	unsigned int nelems;
};

/* 0, or -EINVAL if @arg has not the form KEY[.INDEX]=VALUE */
int setting_parse(struct setting *setting, const char *arg);

/*
 * Reads a number (decimal or 0x..., with K, M, G or T for powers of 1024) or a
 * bool (1, 0, yes, no, true, false, on, off). Returns 0, -EINVAL, or -ERANGE if
 * it does not fit.
 */
int setting_value(const struct setting_type *type, const char *text,
		  __u64 *value);

/* 0, or -EINVAL if @text is no element */
int setting_index(const struct setting_type *type, const char *text,
		  unsigned int *index);

/* Least and greatest value as text, for messages. */
void setting_range(const struct setting_type *type, char *text, size_t size);

/* Name of the type as text: "u32", "bool", "u64[10]". */
void setting_type_name(const struct setting_type *type, char *text,
		       size_t size);

void setting_store(const struct setting_type *type, void *data,
		   unsigned int index, __u64 value);
__u64 setting_fetch(const struct setting_type *type, const void *data,
		    unsigned int index);

/* Name of element @index: a reason if there is one for each, else its number. */
void setting_index_name(const struct setting_type *type, unsigned int index,
			char *text, size_t size);

#endif /* _MGXCTL_SETTING_H */
