// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgxctl.c - loads, swaps and watches policies of page migration.
 */
#include "option.h"

/* clang-format off: tables */
static const struct option_def global_options[] = {
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

static const struct command commands[] = {
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

int main(int argc, char **argv)
{
	static const struct program mgxctl = {
		.name = "mgxctl",
		.help = "load, swap and watch policies of page migration",
		.hint = "see 'mgxctl help'",
		.options = global_options,
		.commands = commands,
	};

	return program_main(argc, argv, &mgxctl);
}
