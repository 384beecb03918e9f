// SPDX-License-Identifier: GPL-2.0-only
/*
 * capture.c - keeps libbpf's messages.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "capture.h"

static struct {
	char text[16384];
	size_t len;
	bool verbose;
} capture;

static void capture_append(const char *format, va_list args)
{
	size_t room = sizeof(capture.text) - capture.len;
	int n = vsnprintf(capture.text + capture.len, room, format, args);

	if (n > 0)
		capture.len += (size_t)n < room ? (size_t)n : room - 1;
}

static int capture_print(enum libbpf_print_level level, const char *format,
			 va_list args)
{
	va_list copy;

	if (level == LIBBPF_WARN) {
		va_copy(copy, args);
		capture_append(format, copy);
		va_end(copy);
	}
	if (capture.verbose && level != LIBBPF_DEBUG)
		vfprintf(stderr, format, args);
	return 0;
}

void capture_start(bool verbose)
{
	capture.verbose = verbose;
	libbpf_set_print(capture_print);
}

bool capture_verbose(void)
{
	return capture.verbose;
}

const char *capture_text(void)
{
	return capture.text;
}

void capture_clear(void)
{
	capture.len = 0;
	capture.text[0] = '\0';
}
