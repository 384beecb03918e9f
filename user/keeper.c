// SPDX-License-Identifier: GPL-2.0-only
/*
 * keeper.c - the part of mgxd that keeps its privileges.
 *
 * Commands come by a UNIX socket, a line of JSON each, from root or members of
 * a group. They name an installed policy and its settings, and mgxctl does what
 * they say, as it does for everyone else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "keeper.h"
#include "output.h"
#include "path.h"
#include "request.h"
#include "util.h"

#define CLIENTS	   8
#define FOLLOW_MS  200 /* how soon the monitor notices a policy */
#define COMMAND_MS 30000
#define IDLE_MS	   30000 /* a client that says nothing goes */
#define GROUPS	   256

/**
 * struct client - who may send commands
 * @fd: its, or -1
 * @len: of @text
 * @heard_ms: when it last said something, of the monotonic clock
 * @text: what it sent and is no whole line yet
 */
struct client {
	int fd;
	size_t len;
	__u64 heard_ms;
	char text[REQUEST_MAX];
};

struct keeper {
	struct monitor *monitor;
	const struct keeper_options *options;
	int parent_fd, listen_fd;
	struct client clients[CLIENTS];
};

int socket_listen(const char *path, mode_t mode)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(NULL, "%s: the path is too long", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	if (fd >= 0 &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !chmod(path, mode) && !listen(fd, CLIENTS))
		return fd;
	fail(NULL, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* --- who may ----------------------------------------------------------------- */

static bool in_group(int fd, gid_t primary, gid_t group)
{
	gid_t groups[GROUPS];
	socklen_t len = sizeof(groups);

	if (primary == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool may_control(const struct keeper *keeper, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	return !peer.uid || (keeper->options->has_group &&
			     in_group(fd, peer.gid, keeper->options->group));
}

/* --- commands ------------------------------------------------------------------ */

/* Takes @tree over. */
static void reply(int fd, struct json_object *tree)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
		tree, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		&len);

	send(fd, text, len, MSG_NOSIGNAL);
	send(fd, "\n", 1, MSG_NOSIGNAL);
	json_object_put(tree);
}

static void reply_refused(int fd, const char *cause, const char *remedy)
{
	struct json_object *tree = json_object_new_object(), *error;

	put_bool(tree, "ok", false);
	error = put_object(tree, "error");
	put_string(error, "what", "control");
	put_string(error, "cause", cause);
	put_string(error, "remedy", remedy);
	reply(fd, tree);
}

static void command_line(const struct request *request, const char **args)
{
	static const char *const words[] = { "load", "load", "unload",
					     "status" };
	int n = 0;

	args[n++] = "mgxctl";
	args[n++] = words[request->op];
	args[n++] = "--json";
	if (request->op <= REQUEST_SWITCH)
		args[n++] = request->policy;
	if (request->op == REQUEST_SWITCH)
		args[n++] = "--replace";
	for (int i = 0; i < request->nr_sets; i++) {
		args[n++] = "--set";
		args[n++] = request->set[i];
	}
	args[n] = NULL;
}

static pid_t spawn(const struct request *request, int *out)
{
	const char *args[2 * REQUEST_SETS + 8];
	char program[PATH_MAX];
	int fds[2];
	pid_t pid;

	if (path_beside_program("mgxctl", program) || pipe2(fds, O_CLOEXEC))
		return -1;
	command_line(request, args);
	pid = fork();
	if (!pid) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(fds[1], STDOUT_FILENO);
		execv(program, (char *const *)args);
		_exit(127);
	}
	close(fds[1]);
	if (pid < 0)
		close(fds[0]);
	*out = fds[0];
	return pid;
}

/* All that it prints, until it ends or the time is over. */
static size_t collect(int fd, char *text, size_t size)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < size && poll(&pollfd, 1, COMMAND_MS) > 0) {
		n = read(fd, text + len, size - 1 - len);
		len += n > 0 ? n : 0;
	}
	text[len] = '\0';
	return len;
}

static void run(int fd, const struct request *request)
{
	struct json_object *tree;
	static char text[65536];
	int out, status = -1;
	pid_t pid = spawn(request, &out);

	if (pid < 0)
		return reply_refused(fd, "mgxctl cannot be run",
				     "install it beside mgxd");
	collect(out, text, sizeof(text));
	close(out);
	/* It is done, or it hangs; a closed pipe ends it otherwise. */
	if (!waitpid(pid, &status, WNOHANG)) {
		poll(NULL, 0, 100);
		if (!waitpid(pid, &status, WNOHANG)) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
	}
	tree = json_object_new_object();
	put_bool(tree, "ok", WIFEXITED(status) && !WEXITSTATUS(status));
	json_object_object_add(tree, "result", json_tokener_parse(text));
	reply(fd, tree);
}

static void command(int fd, const char *text, size_t len)
{
	struct request *request = malloc(sizeof(*request));
	const char *wrong;

	if (!request)
		return;
	wrong = request_parse(request, text, len);
	if (wrong)
		reply_refused(fd, wrong, "see mgxd(8)");
	else
		run(fd, request);
	free(request);
}

/* --- clients ---------------------------------------------------------------------- */

static __u64 uptime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void client_close(struct client *client)
{
	close(client->fd);
	client->fd = -1;
	client->len = 0;
}

static void client_lines(struct client *client)
{
	char *end;

	while ((end = memchr(client->text, '\n', client->len))) {
		size_t len = end - client->text;

		command(client->fd, client->text, len);
		client->len -= len + 1;
		memmove(client->text, end + 1, client->len);
	}
	if (client->len < sizeof(client->text))
		return;
	reply_refused(client->fd, "the line is too long", "see mgxd(8)");
	client_close(client);
}

static void client_read(struct client *client)
{
	ssize_t n = recv(client->fd, client->text + client->len,
			 sizeof(client->text) - client->len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		return client_close(client);
	client->len += n;
	client->heard_ms = uptime_ms();
	client_lines(client);
}

static void accept_client(struct keeper *keeper)
{
	int fd = accept4(keeper->listen_fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!may_control(keeper, fd)) {
		reply_refused(fd, "only root and the group of mgxd may do this",
			      "see --group of mgxd(8)");
		close(fd);
		return;
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (keeper->clients[i].fd >= 0)
			continue;
		keeper->clients[i].fd = fd;
		keeper->clients[i].heard_ms = uptime_ms();
		return;
	}
	reply_refused(fd, "too many clients", "try again");
	close(fd);
}

/* --- the loop ----------------------------------------------------------------------- */

/*
 * @ready: bytes wait. A command of another client may have taken long: that was
 * no silence of this one, which could not be heard.
 */
static void client_round(struct client *client, bool ready)
{
	if (client->fd < 0)
		return;
	if (ready)
		client_read(client);
	else if (uptime_ms() - client->heard_ms > IDLE_MS)
		client_close(client);
}

/* False when the other part of mgxd has ended. */
static bool keeper_round(struct keeper *keeper)
{
	struct pollfd fds[CLIENTS + 2] = {
		{ .fd = keeper->parent_fd, .events = POLLIN },
		{ .fd = keeper->listen_fd, .events = POLLIN },
	};

	for (int i = 0; i < CLIENTS; i++)
		fds[i + 2] =
			(struct pollfd){ keeper->clients[i].fd, POLLIN, 0 };
	if (poll(fds, CLIENTS + 2, FOLLOW_MS) < 0)
		return true;
	if (fds[0].revents)
		return false;
	if (fds[1].revents)
		accept_client(keeper);
	for (int i = 0; i < CLIENTS; i++)
		client_round(&keeper->clients[i], fds[i + 2].revents);
	if (keeper->monitor)
		monitor_follow(keeper->monitor);
	return true;
}

static void keeper_loop(struct keeper *keeper)
{
	while (keeper_round(keeper))
		;
	monitor_free(keeper->monitor);
	unlink(keeper->options->socket);
	unlink(keeper->options->view);
	rmdir(keeper->options->run_dir);
}

int keeper_start(struct monitor *monitor, const struct keeper_options *options)
{
	struct keeper keeper = {
		.monitor = monitor,
		.options = options,
		.listen_fd = -1,
	};
	int fds[2];
	pid_t pid;

	for (int i = 0; i < CLIENTS; i++)
		keeper.clients[i].fd = -1;
	keeper.listen_fd = socket_listen(options->socket, 0666);
	if (keeper.listen_fd < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return fail(NULL, "socketpair: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return fail(NULL, "fork: %s", strerror(errno));
	if (!pid) {
		close(fds[0]);
		keeper.parent_fd = fds[1];
		keeper_loop(&keeper);
		_exit(0);
	}
	close(fds[1]);
	close(keeper.listen_fd);
	return fds[0];
}
