// SPDX-License-Identifier: GPL-2.0-only
/*
 * path.c - files that lie at a known place relative to this program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"

int path_beside_program(const char *name, char path[PATH_MAX])
{
	char program[PATH_MAX], joined[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (n < 0)
		return -1;
	program[n] = '\0';
	slash = strrchr(program, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	snprintf(joined, sizeof(joined), "%s/%s", program, name);
	return realpath(joined, path) ? 0 : -1;
}
