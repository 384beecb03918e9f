/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap.h - a test is a program: it calls ok() and is(), and returns tap_done().
 */
#ifndef _MGX_TAP_H
#define _MGX_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count, tap_failures;

__attribute((format(printf, 2, 3))) static inline bool ok(bool passed,
							  const char *name, ...)
{
	va_list args;

	printf("%sok %u - ", passed ? "" : "not ", ++tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	tap_failures += !passed;
	return passed;
}

/* Compares numbers. */
static inline bool is(long long got, long long want, const char *name)
{
	bool passed = ok(got == want, "%s", name);

	if (!passed)
		printf("# got %lld, want %lld\n", got, want);
	return passed;
}

/* Compares texts. */
static inline bool is_text(const char *got, const char *want, const char *name)
{
	bool passed = ok(!strcmp(got, want), "%s", name);

	if (!passed)
		printf("# got '%s'\n# want '%s'\n", got, want);
	return passed;
}

static inline int tap_done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif /* _MGX_TAP_H */
