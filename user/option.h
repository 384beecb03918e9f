/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * option.h - commands and options, declared in a program's tables. Help comes
 * from them, and the man page and the completion are checked against them.
 */
#ifndef _MGXCTL_OPTION_H
#define _MGXCTL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

#define MAX_SETS 64

/* What the command line asked for. */
struct options {
	bool json;
	bool verbose;
	bool help;
	bool version;
	bool replace;
	bool foreground;
	bool wait;
	bool force;
	bool last;
	const char *guard; /* NULL: none; what follows the '=', or "" */
	const char *sets[MAX_SETS];
	int nr_sets;
	const char *seconds;
	const char *port;
	char *const *rest; /* what follows the command, NULL-terminated */
	const struct program *program;
	/* mgxtop's */
	bool batch;
	const char *delay;
	const char *samples;
	const char *sort;
	const char *filter;
	const char *replay;
	/* mgxd's */
	const char *user;
	const char *group;
	const char *run_dir;
	/* mgxbench's; its policies are sets */
	const char *size;
	const char *folios;
	const char *threads;
	const char *heat;
	const char *nodes;
	const char *bytes;
	const char *repeats;
	const char *warmup;
	const char *json_file;
	const char *csv_file;
	const char *note;
	const char *workload;
	const char *output;
	const char *svg;
	bool no_verify;
	bool prepare;
};

/**
 * struct option_def - an option
 * @letter: short form
 * @name: long form
 * @arg: name of its argument; NULL: it has none; "[=...]": it may be left out
 * @help: what it does
 * @offset: of the bool in struct options that it sets, or of the text, "" if its
 *	argument was left out; without one, options with an argument append to
 *	@sets
 */
struct option_def {
	char letter;
	const char *name;
	const char *arg;
	const char *help;
	size_t offset;
};

/* clang-format off: tables */
#define FLAG(_letter, _name, _member, _help) \
	{ .letter = (_letter),               \
	  .name = (_name),                   \
	  .help = (_help),                   \
	  .offset = offsetof(struct options, _member) }

#define TEXT(_letter, _name, _arg, _member, _help) \
	{ .letter = (_letter),                     \
	  .name = (_name),                         \
	  .arg = (_arg),                           \
	  .help = (_help),                         \
	  .offset = offsetof(struct options, _member) }
/* clang-format on */

/**
 * struct command - a command
 * @name: as typed
 * @arg: name of its argument; NULL: it takes none; "[...]": it may be left out;
 *	"...": one or more, in &options.rest
 * @help: what it does
 * @options: its own options, ended by an empty entry, or NULL
 * @run: does it; returns an exit status
 */
struct command {
	const char *name;
	const char *arg;
	const char *help;
	const struct option_def *options;
	int (*run)(const struct options *options, const char *arg);
};

/**
 * struct program - a program that has commands
 * @name: as typed
 * @help: what it does
 * @hint: what an error says to do
 * @options: of all commands, without arguments; ended by an empty entry
 * @commands: ended by an empty entry
 */
struct program {
	const char *name;
	const char *help;
	const char *hint;
	const struct option_def *options;
	const struct command *commands;
};

const struct command *command_find(const struct program *program,
				   const char *name);

/*
 * Reads the command line. *@command is NULL if there is none. Returns 0, or -1
 * with the error recorded.
 */
int options_parse(int argc, char **argv, const struct program *program,
		  struct options *options, const struct command **command,
		  const char **arg);

/* All of main(): reads the command line, runs the command, prints the error. */
int program_main(int argc, char **argv, const struct program *program);

/*
 * The same of a program without commands, with a table of its own; @hint is
 * what an error says to do.
 */
int options_read(int argc, char **argv, const struct option_def *defs,
		 const char *hint, struct options *options);

enum output_form options_form(const struct options *options);

/* Of --seconds: 0 if it was not given. Records an error. */
int option_seconds(const struct options *options, long *seconds);

/* Commands, by file. */
int load_run(const struct options *options, const char *arg);
int unload_run(const struct options *options, const char *arg);
int off_run(const struct options *options, const char *arg);
int restore_run(const struct options *options, const char *arg);
int new_run(const struct options *options, const char *arg);
int status_run(const struct options *options, const char *arg);
int policies_run(const struct options *options, const char *arg);
int dump_run(const struct options *options, const char *arg);
int events_run(const struct options *options, const char *arg);
int channels_run(const struct options *options, const char *arg);
int record_run(const struct options *options, const char *arg);
int replay_run(const struct options *options, const char *arg);
int sample_run(const struct options *options, const char *arg);
int metrics_run(const struct options *options, const char *arg);
int bpftool_run(const struct options *options, const char *arg);
int check_run(const struct options *options, const char *arg);
int help_run(const struct options *options, const char *arg);

/* Exit statuses. */
enum {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_INTERRUPTED = 130, /* as a shell has it after SIGINT */
};

#endif /* _MGXCTL_OPTION_H */
