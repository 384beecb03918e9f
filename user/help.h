/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * help.h - help and versions.
 */
#ifndef _MGXCTL_HELP_H
#define _MGXCTL_HELP_H

#include "option.h"

/* @command: NULL for all of them */
void help_print(const struct options *options, const struct command *command);
/* Of a program without commands. */
void help_program(const char *program, const char *text,
		  const struct option_def *defs);
void version_print(const struct options *options);

#endif /* _MGXCTL_HELP_H */
