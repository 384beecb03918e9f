// SPDX-License-Identifier: GPL-2.0-only
/*
 * help.c - help and versions.
 */
#include <errno.h>
#include <stdio.h>

#include <bpf/libbpf.h>

#include "error.h"
#include "help.h"
#include "migrate_ext.h"
#include "option.h"
#include "sysfs.h"

static void put_options(struct json_object *tree, const char *key,
			const struct option_def *defs)
{
	struct json_object *array = put_array(tree, key);

	for (; defs && defs->name; defs++) {
		struct json_object *row = put_row(array);
		bool spaced = defs->arg && defs->arg[0] != '[';
		char text[64];

		snprintf(text, sizeof(text), "-%c, --%s%s%s", defs->letter,
			 defs->name, spaced ? " " : "",
			 defs->arg ? defs->arg : "");
		put_string(row, "option", text);
		put_string(row, "help", defs->help);
	}
}

static void put_command_name(struct json_object *tree, const char *key,
			     const struct command *command, const char *prefix)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s%s%s%s", prefix, command->name,
		 command->options ? " [OPTION]..." : "",
		 command->arg ? " " : "", command->arg ? command->arg : "");
	put_string(tree, key, text);
}

static void put_commands(struct json_object *tree,
			 const struct program *program)
{
	struct json_object *array = put_array(tree, "commands");

	for (const struct command *c = program->commands; c->name; c++) {
		struct json_object *row = put_row(array);

		put_command_name(row, "command", c, "");
		put_string(row, "help", c->help);
	}
}

static void put_command_help(struct json_object *tree,
			     const struct program *program,
			     const struct command *command)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "%s ", program->name);
	put_command_name(tree, "usage", command, prefix);
	put_string(tree, "help", command->help);
	if (command->options)
		put_options(tree, "options", command->options);
	put_options(tree, "global options", program->options);
}

void help_print(const struct options *options, const struct command *command)
{
	const struct program *program = options->program;
	struct json_object *tree = json_object_new_object();
	char usage[64];

	if (command) {
		put_command_help(tree, program, command);
	} else {
		snprintf(usage, sizeof(usage), "%s [OPTION]... COMMAND",
			 program->name);
		put_string(tree, "usage", usage);
		put_string(tree, "help", program->help);
		put_commands(tree, program);
		put_options(tree, "global options", program->options);
	}
	output_print(tree, options_form(options));
}

void help_program(const char *program, const char *text,
		  const struct option_def *defs)
{
	struct json_object *tree = json_object_new_object();
	char usage[64];

	snprintf(usage, sizeof(usage), "%s [OPTION]...", program);
	put_string(tree, "usage", usage);
	put_string(tree, "help", text);
	put_options(tree, "options", defs);
	output_print(tree, OUTPUT_PLAIN);
}

int help_run(const struct options *options, const char *arg)
{
	const struct command *command = NULL;

	if (arg) {
		command = command_find(options->program, arg);
		if (!command) {
			fail(options->program->hint,
			     "no command is called '%s'", arg);
			return STATUS_USAGE;
		}
	}
	help_print(options, command);
	return STATUS_OK;
}

void version_print(const struct options *options)
{
	struct json_object *tree = json_object_new_object();
	char module[64];

	put_string(tree, program_invocation_short_name, MGX_VERSION_STR);
	put_u64(tree, "interface", MGX_OPS_VERSION);
	put_string(tree, "libbpf", libbpf_version_string() + 1);
	put_string(tree, "module",
		   sysfs_read("version", module, sizeof(module)) ?
			   "not loaded" :
			   module);
	output_print(tree, options_form(options));
}
