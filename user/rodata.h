/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rodata.h - the settings of a policy: global constants in its .rodata.
 */
#ifndef _MGXCTL_RODATA_H
#define _MGXCTL_RODATA_H

#include <bpf/libbpf.h>

#include "setting.h"

/**
 * struct rodata_var - a setting of a policy
 * @key: its name
 * @text: what it does, or NULL
 * @type: what it can hold
 * @data: its value
 */
struct rodata_var {
	const char *key;
	const char *text;
	struct setting_type type;
	void *data;
};

/* The object's constants, as they are in memory; NULL if it has none. */
void *rodata_image(const struct bpf_object *object, size_t *size);

/* Fills at most @max entries; returns how many. */
int rodata_vars(const struct bpf_object *object, struct rodata_var *vars,
		int max);

/* Applies a --set. Returns 0, or -1 with the error recorded. */
int rodata_set(const struct bpf_object *object, const char *arg);

/* The text of the tag MGX_DOC() of a BTF variable, or NULL. */
const char *rodata_doc(const struct btf *btf, __u32 var_id);

#define RODATA_MAX_VARS 64

#endif /* _MGXCTL_RODATA_H */
