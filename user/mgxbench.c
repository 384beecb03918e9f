// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgxbench.c - measures page migration: the stock path against policies.
 */
#include "bench.h"

/* clang-format off: tables */
static const struct option_def global_options[] = {
	FLAG('v', "verbose", verbose,
	     "print libbpf's messages and whole verifier logs"),
	FLAG('h', "help", help, "print help, of a command if one is given"),
	FLAG('V', "version", version, "print versions"),
	{ 0 }
};

/* Of every mode. */
#define MEASURE_OPTIONS                                                               \
	{ .letter = 'p',                                                              \
	  .name = "policy",                                                           \
	  .arg = "NAME|FILE[,KEY=VALUE]...",                                          \
	  .help = "measure this policy as well, with settings; may be repeated" },    \
		TEXT('s', "size", "LIST", size,                                       \
		     "folios: 4K,16K,64K,256K,1M,2M,huge2M,huge1G,mixed or all"),     \
		TEXT('b', "batch", "LIST", folios,                                    \
		     "folios per system call, 1 to 8192: 1,64,512 or 1..512"),        \
		TEXT('t', "threads", "LIST", threads,                                 \
		     "threads that move, each its own memory"),                       \
		TEXT('H', "heat", "WHICH", heat,                                      \
		     "hot (read before each move, default), cold (flushed) or both"), \
		TEXT('n', "nodes", "FROM,TO", nodes,                                  \
		     "nodes, by default the first two"),                              \
		TEXT('m', "bytes", "BYTES", bytes,                                    \
		     "memory per thread, by default 32M, or more for a whole batch"), \
		TEXT('r', "repeats", "N", repeats,                                    \
		     "rounds that count, default 7"),                                 \
		TEXT('w', "warmup", "N", warmup,                                      \
		     "rounds before them, default 1"),                                \
		FLAG('N', "no-verify", no_verify,                                     \
		     "do not compare every byte after each move"),                    \
		FLAG('P', "prepare", prepare,                                         \
		     "change settings of huge pages as needed, and restore them"),    \
		TEXT('j', "json", "FILE", json_file,                                  \
		     "write the results as JSON"),                                    \
		TEXT('c', "csv", "FILE", csv_file, "write them as CSV"),              \
		TEXT('k', "note", "TEXT", note,                                       \
		     "what is to be known about this run; goes into the JSON"),

static const struct option_def measure_options[] = { MEASURE_OPTIONS{ 0 } };

static const struct option_def app_options[] = {
	TEXT('l', "workload", "WHICH", workload,
	     "chase (a pointer-chasing reader, default) or redis"),
	TEXT('d', "seconds", "SECONDS", seconds,
	     "how long each half of a round takes, default 2"),
	MEASURE_OPTIONS{ 0 }
};

static const struct option_def report_options[] = {
	TEXT('o', "output", "FILE", output,
	     "write there, not to standard output"),
	TEXT('s', "svg", "DIRECTORY", svg, "write each plot there as well"),
	{ 0 }
};

static const struct command commands[] = {
	{ "move", NULL, "throughput of move_pages()", measure_options,
	  move_run },
	{ "latency", NULL,
	  "how long a reader waits for the first folio of a batch",
	  measure_options, latency_run },
	{ "access", NULL, "what reading costs after the move", measure_options,
	  access_run },
	{ "cpu", NULL, "processor time per GB: caller, helpers, interrupts",
	  measure_options, cpu_run },
	{ "app", NULL, "what a program loses while its memory is moved",
	  app_options, app_run },
	{ "report", "FILE...",
	  "a page of HTML with tables and plots of JSON results",
	  report_options, bench_report_run },
	{ "help", "[COMMAND]", "print help", NULL, help_run },
	{ 0 }
};

/* clang-format on */

int main(int argc, char **argv)
{
	static const struct program mgxbench = {
		.name = "mgxbench",
		.help = "measure page migration: the stock path against policies",
		.hint = "see 'mgxbench help'",
		.options = global_options,
		.commands = commands,
	};

	return program_main(argc, argv, &mgxbench);
}
