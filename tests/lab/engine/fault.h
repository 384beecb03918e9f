/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - faults that a channel can be told to have.
 */
#ifndef _MGX_ENGINE_FAULT_H
#define _MGX_ENGINE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_MAX_MS 600000
#define FAULT_ALWAYS UINT64_MAX

enum fault_kind {
	FAULT_ERROR,
	FAULT_HANG,
	FAULT_LATE,
	FAULT_LATE_WRITE,
	FAULT_CORRUPT,
	FAULT_DROP_IRQ,
	NR_FAULTS,
};

/**
 * struct fault - one kind of fault of one channel
 * @nth:	it happens to the nth copy (drop-irq: interrupt) from now on ...
 * @times:	... and to that many in a row; FAULT_ALWAYS, 0 is off
 * @seen:	copies (interrupts) since it was set
 * @code:	error: bits of CHANERR
 * @ms:		late, late-write: how late
 * @never:	late-write: the completion never comes
 */
struct fault {
	uint64_t nth;
	uint64_t times;
	uint64_t seen;
	uint32_t code;
	uint32_t ms;
	bool never;
};

/* What is needed to read a fault from a command and to print it. */
struct fault_type {
	const char *name;
	bool has_code;
	bool has_ms;
	bool has_never;
};

extern const struct fault_type fault_types[NR_FAULTS];

bool fault_hits(struct fault *fault);
int fault_kind(const char *name);
uint32_t fault_code(const char *name);
const char *fault_code_name(uint32_t code);
const char *fault_code_names(void);

#endif /* _MGX_ENGINE_FAULT_H */
