/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy.h - policy objects: where they are, what is in them.
 */
#ifndef _MGXCTL_POLICY_H
#define _MGXCTL_POLICY_H

#include <limits.h>

#include <bpf/libbpf.h>

#include "migrate_ext.h"

#define POLICY_SUFFIX ".bpf.o"
#define POLICY_MAX    256

/**
 * struct policy - an open policy object
 * @object: libbpf's view of the file
 * @ops: its one struct mgx_ops
 * @name: what @ops says, may be empty
 * @path: the file
 * @log: of the verifier
 */
struct policy {
	struct bpf_object *object;
	struct bpf_map *ops;
	char name[MGX_NAME_LEN];
	char path[PATH_MAX];
	char *log;
};

/* Path of a policy by its name, or by its file. Records an error if none. */
int policy_find(const char *arg, char path[PATH_MAX]);

/* Paths of all policies that can be loaded by name; each is to be freed. */
int policy_list(char *paths[POLICY_MAX]);

/* Opens and checks a file. Records an error. */
int policy_open(struct policy *policy, const char *path);

/* Sets a number of its struct mgx_ops, before policy_load(). Records an error. */
int policy_set_member(struct policy *policy, const char *name, __u32 value);

/* Hands it to the kernel, all but the attachment. Records an error. */
int policy_load(struct policy *policy);

void policy_close(struct policy *policy);

/* What the policy does, or NULL. */
const char *policy_doc(const struct policy *policy);

#endif /* _MGXCTL_POLICY_H */
