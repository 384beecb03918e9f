/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_COMMAND_H
#define _MGX_ENGINE_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

struct engine;

/**
 * struct reply - what a command has to say
 * @out:	its output
 * @error:	why it was refused, one line; empty if it was not
 */
struct reply {
	FILE *out;
	char error[400];
};

bool command_run(struct engine *engine, char *line, struct reply *reply);
void command_help(FILE *out);

#endif /* _MGX_ENGINE_COMMAND_H */
