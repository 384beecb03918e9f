/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diagnosis.h - from libbpf's messages and the verifier's log to a cause and a
 * remedy. Free of libbpf, so that the unit tests run it on the host.
 */
#ifndef _MGXCTL_DIAGNOSIS_H
#define _MGXCTL_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct diagnosis - why an object was not loaded
 * @cause: what is wrong
 * @remedy: what to do
 * @by_verifier: the verifier refused a program
 */
struct diagnosis {
	char cause[768];
	char remedy[256];
	bool by_verifier;
};

/* @err: positive errno; @messages: libbpf's warnings; @log: of the verifier */
void diagnose(struct diagnosis *diagnosis, int err, const char *messages,
	      const char *log);

/* The line of a verifier log that says what is wrong; empty if there is none. */
void verifier_cause(const char *log, char *cause, size_t size);

/* The last @lines lines of a log, without the statistics at its end. */
void verifier_tail(const char *log, unsigned int lines, const char **start,
		   size_t *len);

#endif /* _MGXCTL_DIAGNOSIS_H */
