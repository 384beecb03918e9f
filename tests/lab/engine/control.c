// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c - the engine's side of the control socket: one client at a time,
 * any number of commands. A client that says nothing for a second is left.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "command.h"
#include "control.h"

static bool send_all(int fd, const char *from, size_t len)
{
	while (len) {
		ssize_t put = send(fd, from, len, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		from += put;
		len -= put;
	}
	return true;
}

static bool send_reply(int fd, bool ok, const char *error, const char *output,
		       size_t len)
{
	char line[sizeof(((struct reply *)0)->error) + 16];
	int n;

	if (ok)
		n = snprintf(line, sizeof(line), "ok %zu\n", len);
	else
		n = snprintf(line, sizeof(line), "error %s\n", error);
	return send_all(fd, line, n) && (!ok || send_all(fd, output, len));
}

static bool answer(struct engine *engine, int fd, char *line)
{
	struct reply reply = { .error = "" };
	char *output = NULL;
	size_t len = 0;
	bool ok;

	reply.out = open_memstream(&output, &len);
	if (!reply.out)
		return false;
	ok = command_run(engine, line, &reply);
	fclose(reply.out);
	ok = send_reply(fd, ok, reply.error, output, len);
	free(output);
	return ok;
}

/* Answers the whole lines of @buffer; what is left of it, -1 to hang up */
static ssize_t answer_lines(struct engine *engine, int fd, char *buffer,
			    size_t len)
{
	char *at = buffer, *end;

	while ((end = memchr(at, '\n', len))) {
		*end = '\0';
		if (!answer(engine, fd, at))
			return -1;
		len -= end + 1 - at;
		at = end + 1;
	}
	memmove(buffer, at, len);
	if (len < CONTROL_MAX_LINE)
		return len;
	send_reply(fd, false, "the line is too long", NULL, 0);
	return -1;
}

static void serve_client(struct engine *engine, int fd)
{
	struct timeval patience = { .tv_sec = 1 };
	char buffer[CONTROL_MAX_LINE];
	ssize_t len = 0, got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	while ((got = recv(fd, buffer + len, sizeof(buffer) - len, 0)) > 0) {
		len = answer_lines(engine, fd, buffer, len + got);
		if (len < 0)
			return;
	}
}

/* Serves a client that waits at @listener. */
void control_serve(struct engine *engine, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	serve_client(engine, fd);
	close(fd);
}
