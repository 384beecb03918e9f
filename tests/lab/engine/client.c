// SPDX-License-Identifier: GPL-2.0-only
/*
 * client.c - the other side of the control socket: mgx-engine ctl.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "control.h"
#include "unix.h"

static int send_line(int fd, const char *command)
{
	char line[CONTROL_MAX_LINE];
	int n = snprintf(line, sizeof(line), "%s\n", command);

	if (n >= (int)sizeof(line) || strchr(command, '\n')) {
		warnx("a command is one line of at most %d bytes",
		      CONTROL_MAX_LINE - 2);
		return -1;
	}
	if (send(fd, line, n, MSG_NOSIGNAL) != n) {
		warn("cannot send");
		return -1;
	}
	return 0;
}

/* Prints the answer; the client's exit status. */
static int print_answer(FILE *in)
{
	char line[CONTROL_MAX_LINE];
	size_t len;

	if (!fgets(line, sizeof(line), in)) {
		warnx("the engine does not answer");
		return 2;
	}
	if (sscanf(line, "ok %zu", &len) != 1) {
		fprintf(stderr, "mgx-engine: %s", line);
		return 1;
	}
	for (int byte; len && (byte = getc(in)) != EOF; len--)
		putchar(byte);
	if (!len)
		return 0;
	warnx("the engine ended in the middle of its answer");
	return 2;
}

/* 0: done; 1: refused; 2: there is no engine */
int control_ask(const char *path, const char *command)
{
	int fd = unix_connect(path), status = 1;
	FILE *in;

	if (fd < 0) {
		warnx("no engine answers at %s: %s", path, strerror(-fd));
		return 2;
	}
	in = fdopen(fd, "r");
	if (!in)
		err(2, "no memory");
	if (!send_line(fd, command))
		status = print_answer(in);
	fclose(in);
	return status;
}
