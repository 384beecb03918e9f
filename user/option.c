// SPDX-License-Identifier: GPL-2.0-only
/*
 * option.c - the tables of commands and options, and their parser.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "option.h"

/* clang-format off: tables */
const struct option_def global_options[] = {
	FLAG('j', "json", json, "print JSON"),
	FLAG('v', "verbose", verbose,
	     "print libbpf's messages and whole verifier logs"),
	FLAG('h', "help", help, "print help, of a command if one is given"),
	FLAG('V', "version", version, "print versions"),
	{ 0 }
};

static const struct option_def load_options[] = {
	{ .letter = 's',
	  .name = "set",
	  .arg = "KEY=VALUE",
	  .help = "change a setting of the policy; may be repeated" },
	FLAG('r', "replace", replace,
	     "swap the policy that is loaded, without a gap"),
	FLAG('f', "foreground", foreground,
	     "stay; the policy ends with this process, however it ends"),
	FLAG('w', "wait", wait,
	     "stay, and say how the policy ended when it does"),
	{ .letter = 'g',
	  .name = "guard",
	  .arg = "[=FACTOR[:RUN]]",
	  .help = "end it when RUN batches in a row cost FACTOR times a copy by CPU",
	  .offset = offsetof(struct options, guard) },
	{ 0 }
};

static const struct option_def unload_options[] = {
	FLAG('f', "force", force,
	     "detach it also if another process or pin holds it"),
	{ 0 }
};

static const struct option_def dump_options[] = {
	FLAG('l', "last", last,
	     "the dump made when the last policy ended by an error"),
	{ 0 }
};

static const struct option_def record_options[] = {
	TEXT('n', "seconds", "SECONDS", seconds, "end by itself after so long"),
	{ 0 }
};

static const struct option_def replay_options[] = {
	TEXT('p', "port", "PORT", port, "port to serve at, default 9465"),
	{ 0 }
};

const struct command commands[] = {
	{ "load", "NAME|FILE", "load a policy and put it in charge",
	  load_options, load_run },
	{ "unload", NULL, "take the policy out of charge", unload_options,
	  unload_run },
	{ "off", NULL, "end any policy at once, whoever holds it", NULL,
	  off_run },
	{ "restore", NULL, "the same, and remove the module", NULL,
	  restore_run },
	{ "status", NULL, "show who is in charge and what was done", NULL,
	  status_run },
	{ "policies", "[NAME|FILE]", "list policies with their settings", NULL,
	  policies_run },
	{ "channels", NULL, "show who can copy, and how each one does", NULL,
	  channels_run },
	{ "events", NULL, "show all event counters", NULL, events_run },
	{ "dump", NULL, "show the state of module and policy in full",
	  dump_options, dump_run },
	{ "sample", NULL, "print all that is known now, as mgxd serves it",
	  NULL, sample_run },
	{ "metrics", "[FILE]", "write all figures for Prometheus, once", NULL,
	  metrics_run },
	{ "record", "FILE", "write a sample a second to a file", record_options,
	  record_run },
	{ "replay", "FILE", "serve a recording: mgxd --replay", replay_options,
	  replay_run },
	{ "new", "NAME", "make a directory with a policy to start from", NULL,
	  new_run },
	{ "bpftool", "-- ARGS...",
	  "run bpftool so that it knows the module's types", NULL,
	  bpftool_run },
	{ "check", NULL, "check whether this machine can run policies", NULL,
	  check_run },
	{ "help", "[COMMAND]", "print help", NULL, help_run },
	{ 0 }
};

/* clang-format on */

#define MAX_OPTIONS 16

struct parser {
	const struct option_def *defs[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char letters[2 * MAX_OPTIONS + 3];
	int n;
	const char *hint;
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
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

/* What follows the command is for another program. */
static int parse_rest(const struct command *command, int argc, char **argv,
		      struct options *options, const char **arg)
{
	if (optind + 1 >= argc && !options->help)
		return fail_with("arguments are missing", "usage: mgxctl %s %s",
				 command->name, command->arg);
	options->rest = argv + optind + 1;
	*arg = options->rest[0];
	return 0;
}

/* argv[optind] is the command, what follows is its argument. */
static int parse_argument(const struct command *command, int argc, char **argv,
			  struct options *options, const char **arg)
{
	int n = argc - optind - 1;

	if (command->arg && !strncmp(command->arg, "--", 2))
		return parse_rest(command, argc, argv, options, arg);
	*arg = n > 0 ? argv[optind + 1] : NULL;
	if (options->help)
		return 0;
	if (n > (command->arg ? 1 : 0))
		return fail_with("too many arguments", "see 'mgxctl help %s'",
				 command->name);
	if (!n && command->arg && command->arg[0] != '[')
		return fail_with("an argument is missing",
				 "usage: mgxctl %s %s", command->name,
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

int options_parse(int argc, char **argv, struct options *options,
		  const struct command **command, const char **arg)
{
	const char *word = command_word(argc, argv);
	struct parser parser;

	*arg = NULL;
	*command = word ? command_find(word) : NULL;
	if (word)
		error_about(word, NULL);
	parser_init(&parser, global_options,
		    *command ? (*command)->options : NULL, "see 'mgxctl help'");
	if (word && !*command)
		return fail("see 'mgxctl help'", "no such command");
	if (parse_options(&parser, argc, argv, options))
		return -1;
	if (!*command)
		return 0;
	return parse_argument(*command, argc, argv, options, arg);
}
