// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - mgx-engine: a model of Intel I/OAT for the lab's guests, and the
 * client that tells it what to do.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "command.h"
#include "control.h"
#include "engine.h"
#include "report.h"
#include "unix.h"

static struct engine engine;

static void usage(FILE *out)
{
	fputs("usage: mgx-engine serve --control SOCKET [--save FILE] SOCKET...\n"
	      "       mgx-engine ctl SOCKET COMMAND...\n"
	      "       mgx-engine --help\n"
	      "\n"
	      "serve  serves an Intel I/OAT function of 4 channels at each SOCKET, for\n"
	      "       QEMU's vfio-user-pci, until it gets SIGTERM; then writes its\n"
	      "       counters to FILE, as JSON\n"
	      "ctl    tells a running engine what to do; exit status 1: refused,\n"
	      "       2: no engine there\n"
	      "\n"
	      "Commands:\n",
	      out);
	command_help(out);
}

static int listen_at(const char *path)
{
	int fd = unix_listen(path);

	if (fd < 0)
		errx(1, "cannot listen at %s: %s", path, strerror(-fd));
	return fd;
}

/* --- serve -------------------------------------------------------------------- */

/* Set before the first thread starts, so that no thread takes the signals. */
static int signal_file(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		err(1, "cannot wait for signals");
	return fd;
}

static void serve_until_signal(int control, int signals)
{
	struct pollfd files[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = control, .events = POLLIN },
	};

	while (!files[0].revents) {
		if (poll(files, 2, -1) < 0 && errno != EINTR)
			err(1, "poll");
		if (files[1].revents)
			control_serve(&engine, control);
	}
}

static int save(const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out) {
		warn("cannot write %s", path);
		return 1;
	}
	report_json(&engine, out);
	if (fclose(out)) {
		warn("cannot write %s", path);
		return 1;
	}
	return 0;
}

static void start(char **paths, int nr)
{
	int listeners[ENGINE_MAX_FUNCTIONS];

	if (nr > ENGINE_MAX_FUNCTIONS)
		errx(1, "at most %d functions", ENGINE_MAX_FUNCTIONS);
	for (int i = 0; i < nr; i++)
		listeners[i] = listen_at(paths[i]);
	engine.nr = nr;
	for (int i = 0; i < nr; i++)
		server_start(&engine.servers[i], i, listeners[i]);
}

/* The control socket comes last: who finds it, finds all. */
static int serve(const char *control_path, const char *save_path, char **paths,
		 int nr)
{
	int signals = signal_file(), control, status = 0;

	start(paths, nr);
	control = listen_at(control_path);
	serve_until_signal(control, signals);
	unlink(control_path);
	for (int i = 0; i < nr; i++) {
		unlink(paths[i]);
		server_stop(&engine.servers[i]);
	}
	if (save_path)
		status = save(save_path);
	close(control);
	close(signals);
	return status;
}

static int main_serve(int argc, char **argv)
{
	static const struct option options[] = {
		{ "control", required_argument, NULL, 'c' },
		{ "save", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const char *control = NULL, *save_path = NULL;

	for (int opt;
	     (opt = getopt_long(argc, argv, "c:s:", options, NULL)) != -1;) {
		if (opt == 'c')
			control = optarg;
		else if (opt == 's')
			save_path = optarg;
		else
			return 1;
	}
	if (!control || optind == argc)
		errx(1,
		     "serve needs --control SOCKET and a SOCKET for each function; see mgx-engine --help");
	return serve(control, save_path, argv + optind, argc - optind);
}

/* --- ctl ------------------------------------------------------------------------ */

/* The rest of the command line is one command, quoted or not. */
static int main_ctl(int argc, char **argv)
{
	char command[CONTROL_MAX_LINE] = "";
	size_t len = 0;

	if (argc < 3)
		errx(2,
		     "ctl needs SOCKET and a command; try: mgx-engine ctl SOCKET help");
	for (int i = 2; i < argc && len < sizeof(command); i++)
		len += snprintf(command + len, sizeof(command) - len, "%s%s",
				i > 2 ? " " : "", argv[i]);
	if (len >= sizeof(command))
		errx(1, "the command is too long");
	return control_ask(argv[1], command);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "serve"))
		return main_serve(argc - 1, argv + 1);
	if (!strcmp(what, "ctl"))
		return main_ctl(argc - 1, argv + 1);
	if (!strcmp(what, "--help") || !strcmp(what, "help")) {
		usage(stdout);
		return 0;
	}
	usage(stderr);
	return 1;
}
