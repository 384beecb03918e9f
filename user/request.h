/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request.h - checks what clients send: host names, numbers, and commands.
 */
#ifndef _MGX_REQUEST_H
#define _MGX_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define REQUEST_MAX  4096 /* bytes of a command */
#define REQUEST_SETS 64

/*
 * A browser that was lured to a foreign name for this machine must not read
 * what is here: the Host has to be this machine's own name, with any port.
 * @names: further names, NULL-terminated, or NULL
 */
bool request_host_allowed(const char *host, const char *const *names);

/* A decimal number of at most @max, whole. 0, or -1. */
int request_number(const char *text, __u64 max, __u64 *value);

enum request_op {
	REQUEST_LOAD,
	REQUEST_SWITCH,
	REQUEST_UNLOAD,
	REQUEST_STATUS,
};

/**
 * struct request - a command
 * @op: which
 * @policy: name of a policy
 * @set: settings, each "KEY=VALUE"
 * @nr_sets: how many
 */
struct request {
	enum request_op op;
	char policy[64];
	char set[REQUEST_SETS][128];
	int nr_sets;
};

/* NULL, or what is wrong with the line. */
const char *request_parse(struct request *request, const char *text,
			  size_t len);

#endif /* _MGX_REQUEST_H */
