// SPDX-License-Identifier: GPL-2.0-only
/*
 * program.c - what programs with commands have in common: their main().
 */
#include "capture.h"
#include "error.h"
#include "help.h"
#include "option.h"

static int run(int argc, char **argv, const struct program *program,
	       struct options *options)
{
	const struct command *command;
	const char *arg;

	if (options_parse(argc, argv, program, options, &command, &arg))
		return STATUS_USAGE;
	capture_start(options->verbose);
	if (options->version) {
		version_print(options);
		return STATUS_OK;
	}
	if (command && !options->help)
		return command->run(options, arg);
	if (!command && !options->help) {
		fail(program->hint, "a command is missing");
		return STATUS_USAGE;
	}
	help_print(options, command);
	return STATUS_OK;
}

int program_main(int argc, char **argv, const struct program *program)
{
	struct options options = { 0 };
	int status = run(argc, argv, program, &options);

	error_print(options.json);
	return status;
}
