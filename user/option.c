// SPDX-License-Identifier: GPL-2.0-only
/*
 * option.c - reads a command line by the tables of a program.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "option.h"

#define MAX_OPTIONS 32

struct parser {
	const struct option_def *defs[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char letters[2 * MAX_OPTIONS + 3];
	int n;
	const char *hint;
};

const struct command *command_find(const struct program *program,
				   const char *name)
{
	for (const struct command *c = program->commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

enum output_form options_form(const struct options *options)
{
	return options->json ? OUTPUT_JSON : OUTPUT_PLAIN;
}

static bool arg_is_optional(const struct option_def *def)
{
	return def->arg && def->arg[0] == '[';
}

static int arg_kind(const struct option_def *def)
{
	if (!def->arg)
		return no_argument;
	return arg_is_optional(def) ? optional_argument : required_argument;
}

static void parser_add(struct parser *parser, const struct option_def *defs)
{
	for (; defs && defs->name; defs++) {
		size_t len = strlen(parser->letters);

		parser->defs[parser->n] = defs;
		parser->longs[parser->n] = (struct option){
			.name = defs->name,
			.has_arg = arg_kind(defs),
			.val = defs->letter,
		};
		snprintf(parser->letters + len, sizeof(parser->letters) - len,
			 "%c%.*s", defs->letter, arg_kind(defs), "::");
		parser->n++;
	}
}

/* @own: may be NULL */
static void parser_init(struct parser *parser, const struct option_def *defs,
			const struct option_def *own, const char *hint)
{
	memset(parser, 0, sizeof(*parser));
	parser->letters[0] = ':';
	parser->hint = hint;
	parser_add(parser, defs);
	parser_add(parser, own);
}

static int option_apply(const struct parser *parser, struct options *options,
			int letter)
{
	for (int i = 0; i < parser->n; i++) {
		const struct option_def *def = parser->defs[i];

		if (def->letter != letter)
			continue;
		if (!def->arg)
			*(bool *)((char *)options + def->offset) = true;
		else if (def->offset)
			*(const char **)((char *)options + def->offset) =
				optarg ? optarg : "";
		else if (options->nr_sets < MAX_SETS)
			options->sets[options->nr_sets++] = optarg;
		else
			return fail(NULL, "--%s more than %d times", def->name,
				    MAX_SETS);
		return 0;
	}
	return -1;
}

/* The first word that is no option: global options take no arguments. */
static const char *command_word(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			return argv[i];
	return NULL;
}

static int parse_options(struct parser *parser, int argc, char **argv,
			 struct options *options)
{
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, parser->letters, parser->longs,
				     NULL)) != -1) {
		const char *word = argv[optind - 1];

		if (letter == ':')
			return fail(parser->hint,
				    "option '%s' needs an argument", word);
		if (letter == '?')
			return fail(parser->hint, "unknown option '%s'", word);
		if (option_apply(parser, options, letter))
			return -1;
	}
	return 0;
}

/* "-- ARGS...", which is for another program, or "FILE...". */
static bool takes_rest(const struct command *command)
{
	const char *dots = command->arg ? strstr(command->arg, "...") : NULL;

	return dots && !dots[strlen("...")];
}

/* What follows the command is as many arguments as there are. */
static int parse_rest(const struct command *command, int argc, char **argv,
		      struct options *options, const char **arg)
{
	if (optind + 1 >= argc && !options->help)
		return fail_with("arguments are missing", "usage: %s %s %s",
				 options->program->name, command->name,
				 command->arg);
	options->rest = argv + optind + 1;
	*arg = options->rest[0];
	return 0;
}

/* argv[optind] is the command, what follows is its argument. */
static int parse_argument(const struct command *command, int argc, char **argv,
			  struct options *options, const char **arg)
{
	int n = argc - optind - 1;

	if (takes_rest(command))
		return parse_rest(command, argc, argv, options, arg);
	*arg = n > 0 ? argv[optind + 1] : NULL;
	if (options->help)
		return 0;
	if (n > (command->arg ? 1 : 0))
		return fail_with("too many arguments", "see '%s help %s'",
				 options->program->name, command->name);
	if (!n && command->arg && command->arg[0] != '[')
		return fail_with("an argument is missing", "usage: %s %s %s",
				 options->program->name, command->name,
				 command->arg);
	return 0;
}

int options_read(int argc, char **argv, const struct option_def *defs,
		 const char *hint, struct options *options)
{
	struct parser parser;

	parser_init(&parser, defs, NULL, hint);
	if (parse_options(&parser, argc, argv, options))
		return -1;
	if (optind < argc)
		return fail(hint, "'%s' is not an option", argv[optind]);
	return 0;
}

int options_parse(int argc, char **argv, const struct program *program,
		  struct options *options, const struct command **command,
		  const char **arg)
{
	const char *word = command_word(argc, argv);
	struct parser parser;

	*arg = NULL;
	*command = word ? command_find(program, word) : NULL;
	options->program = program;
	if (word)
		error_about(word, NULL);
	parser_init(&parser, program->options,
		    *command ? (*command)->options : NULL, program->hint);
	if (word && !*command)
		return fail(program->hint, "no such command");
	if (parse_options(&parser, argc, argv, options))
		return -1;
	if (!*command)
		return 0;
	return parse_argument(*command, argc, argv, options, arg);
}
