// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgxd.c - samples migrate_ext each second and serves what it sees.
 *
 * Two processes: this one serves and has no privileges; the keeper has them,
 * attaches the monitor and takes commands, and serves nobody else.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "capture.h"
#include "error.h"
#include "help.h"
#include "http.h"
#include "keeper.h"
#include "notify.h"
#include "option.h"
#include "pin.h"
#include "request.h"
#include "sampler.h"
#include "signals.h"
#include "util.h"
#include "view.h"

#define RUN_DIR	     "/run/mgxd"
#define MAX_SHARES   8 /* failed shares told per sample */
#define DEFAULT_USER "nobody"

struct mgxd {
	struct options options;
	const char *hosts[MAX_SETS + 1];
	__u64 port;
	struct source *source;
	struct sample *sample;
	struct hub *hub;
	struct http *http;
	struct view *view;
	struct ring_buffer *ring;
	int epoll_fd, signal_fd, keeper_fd;
	int nr_shares;
	__u64 lap, last_seq;
	bool ended;
};

/* --- command line ------------------------------------------------------------ */

/* clang-format off: a table */
static const struct option_def mgxd_options[] = {
	TEXT('r', "replay", "FILE", replay,
	     "serve a recording, over and over; needs neither module nor root"),
	TEXT('p', "port", "PORT", port,
	     "serve HTTP at this port of the loopback interface, default 9465"),
	{ .letter = 'H',
	  .name = "host",
	  .arg = "NAME",
	  .help = "answer to this name as well as to localhost; may be repeated" },
	TEXT('g', "group", "GROUP", group,
	     "members may control policies; without it only root may"),
	TEXT('u', "user", "USER", user, "serve as this user, default nobody"),
	TEXT('d', "run-dir", "DIR", run_dir,
	     "directory of the sockets view and control, default /run/mgxd"),
	FLAG('h', "help", help, "print help"),
	FLAG('V', "version", version, "print versions"),
	{ 0 }
};

/* clang-format on */

static int parse(struct mgxd *mgxd, int argc, char **argv)
{
	struct options *options = &mgxd->options;

	if (options_read(argc, argv, mgxd_options, "see 'mgxd --help'",
			 options))
		return -1;
	/* --host is the one that may be repeated. */
	memcpy(mgxd->hosts, options->sets, sizeof(options->sets));
	if (!options->port ||
	    (!request_number(options->port, 65535, &mgxd->port) && mgxd->port))
		return 0;
	return fail("give 1 to 65535", "malformed port '%s'", options->port);
}

/* --- privileges ----------------------------------------------------------------- */

static int drop_privileges(const struct options *from)
{
	const struct passwd *user;

	if (geteuid())
		return 0;
	user = getpwnam(from->user);
	if (!user || !user->pw_uid)
		return fail("give another --user", "there is no user '%s'",
			    from->user);
	if (setgroups(0, NULL) || setgid(user->pw_gid) ||
	    setuid(user->pw_uid) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail(NULL, "privileges cannot be dropped: %s",
			    strerror(errno));
	return 0;
}

static int find_group(const struct options *from,
		      struct keeper_options *options)
{
	const struct group *group;

	if (!from->group)
		return 0;
	group = getgrnam(from->group);
	if (!group)
		return fail("give another --group", "there is no group '%s'",
			    from->group);
	options->group = group->gr_gid;
	options->has_group = true;
	return 0;
}

/* --- samples ----------------------------------------------------------------------- */

static void wake(struct mgxd *mgxd)
{
	http_wake(mgxd->http);
	if (mgxd->view)
		view_wake(mgxd->view);
}

/* A recording's samples, as if they were taken now. */
static void shift(struct mgxd *mgxd, struct sample *sample, __u64 time_ms)
{
	if (sample->since_ms)
		sample->since_ms += time_ms - sample->time_ms;
	sample->time_ms = time_ms;
	sample->seq = ++mgxd->last_seq;
	sample->epoch += mgxd->lap << 16;
}

static int next_lap(struct mgxd *mgxd)
{
	source_close(mgxd->source);
	mgxd->lap++;
	mgxd->source = source_open(mgxd->options.replay);
	return mgxd->source ? 0 : -1;
}

static void watch(const struct mgxd *mgxd, int fd, void *data)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = data };

	epoll_ctl(mgxd->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* All of the recording is the past: whoever connects sees it at once. */
static int replay_past(struct mgxd *mgxd)
{
	__u64 last = 0;
	int rc, nr = 0;

	source_speed(mgxd->source, 0);
	while ((rc = source_next(mgxd->source, mgxd->sample)) > 0) {
		last = mgxd->sample->time_ms;
		nr++;
	}
	if (rc < 0)
		return -1;
	if (!nr)
		return fail("give a file that 'mgxctl record' wrote",
			    "%s: no samples in it", mgxd->options.replay);
	if (next_lap(mgxd))
		return -1;
	mgxd->lap = 0;
	source_speed(mgxd->source, 0);
	last = now_ms() - last;
	while (source_next(mgxd->source, mgxd->sample) > 0) {
		shift(mgxd, mgxd->sample, mgxd->sample->time_ms + last);
		hub_past(mgxd->hub, mgxd->sample);
	}
	return next_lap(mgxd);
}

static int on_sample(struct mgxd *mgxd)
{
	int rc = source_next(mgxd->source, mgxd->sample);

	if (rc < 0)
		return -1;
	if (!rc) {
		if (next_lap(mgxd))
			return -1;
		watch(mgxd, source_fd(mgxd->source), &mgxd->source);
		return 0;
	}
	if (mgxd->options.replay)
		shift(mgxd, mgxd->sample, now_ms());
	mgxd->nr_shares = 0;
	hub_sample(mgxd->hub, mgxd->sample);
	wake(mgxd);
	/* Who samples and serves is alive: each second, if a watchdog asks or not. */
	notify("WATCHDOG=1");
	return 0;
}

/* A share that failed. There may be thousands: the counters tell the rest. */
static int on_rare(void *arg, void *data, size_t size)
{
	struct mgxd *mgxd = arg;
	const struct mgx_rare *event = data;
	struct rare rare = {
		.time_ms = now_ms(),
		.kind = "share_failed",
		.severity = "warn",
		.channel = event->channel,
	};

	if (size < sizeof(*event) || event->kind != MGX_RARE_SHARE ||
	    ++mgxd->nr_shares > MAX_SHARES)
		return 0;
	snprintf(
		rare.text, sizeof(rare.text),
		"batch %llu of thread %d: channel %u failed: %s, %llu bytes were copied",
		(unsigned long long)event->batch, event->pid, event->channel,
		strerror(-event->status), (unsigned long long)event->bytes);
	hub_rare(mgxd->hub, &rare);
	return 0;
}

/* --- start --------------------------------------------------------------------------- */

/* What only root can do; others are shown the same without it. */
static int start_keeper(struct mgxd *mgxd)
{
	static char control[128], view[128];
	static struct keeper_options options;
	struct monitor *monitor;

	mgxd->keeper_fd = -1;
	if (geteuid() || mgxd->options.replay)
		return 0;
	if (find_group(&mgxd->options, &options))
		return -1;
	mkdir(mgxd->options.run_dir, 0755);
	snprintf(control, sizeof(control), "%s/control", mgxd->options.run_dir);
	snprintf(view, sizeof(view), "%s/view", mgxd->options.run_dir);
	options.socket = control;
	options.view = view;
	options.run_dir = mgxd->options.run_dir;
	monitor = monitor_new();
	if (!monitor) {
		error_print(false);
		error_forget();
	} else {
		mgxd->ring = ring_buffer__new(monitor_ring_fd(monitor), on_rare,
					      mgxd, NULL);
	}
	mgxd->keeper_fd = keeper_start(monitor, &options);
	return mgxd->keeper_fd < 0 ? -1 : 0;
}

static int start_view(struct mgxd *mgxd)
{
	char path[128];

	if (geteuid() && access(mgxd->options.run_dir, W_OK))
		return 0;
	mkdir(mgxd->options.run_dir, 0755);
	snprintf(path, sizeof(path), "%s/view", mgxd->options.run_dir);
	mgxd->view = view_new(mgxd->hub, mgxd->epoll_fd, path);
	return mgxd->view ? 0 : -1;
}

static int start(struct mgxd *mgxd)
{
	mgxd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	mgxd->sample = sample_new();
	mgxd->hub = hub_new();
	if (!mgxd->sample || !mgxd->hub)
		return fail(NULL, "out of memory");
	mgxd->source = source_open(mgxd->options.replay);
	if (!mgxd->source || (mgxd->options.replay && replay_past(mgxd)))
		return -1;
	mgxd->http = http_new(mgxd->hub, mgxd->port, mgxd->hosts);
	if (!mgxd->http)
		return -1;
	mgxd->signal_fd = signals_open();
	signal(SIGPIPE, SIG_IGN);
	if (start_keeper(mgxd) || (!mgxd->options.replay && start_view(mgxd)))
		return -1;
	pin_enter();
	if (drop_privileges(&mgxd->options))
		return -1;
	watch(mgxd, source_fd(mgxd->source), &mgxd->source);
	watch(mgxd, http_fd(mgxd->http), mgxd->http);
	watch(mgxd, mgxd->signal_fd, &mgxd->signal_fd);
	if (mgxd->keeper_fd >= 0)
		watch(mgxd, mgxd->keeper_fd, &mgxd->keeper_fd);
	if (mgxd->ring)
		watch(mgxd, ring_buffer__epoll_fd(mgxd->ring), &mgxd->ring);
	return 0;
}

/* --- the loop ------------------------------------------------------------------------- */

static int dispatch(struct mgxd *mgxd, const void *data)
{
	if (data == &mgxd->source)
		return on_sample(mgxd);
	if (data == &mgxd->signal_fd) {
		mgxd->ended = true;
	} else if (data == &mgxd->keeper_fd) {
		fputs("mgxd: the part with privileges has ended: no monitor, no control\n",
		      stderr);
		close(mgxd->keeper_fd);
		mgxd->keeper_fd = -1;
	} else if (data == &mgxd->ring) {
		ring_buffer__consume(mgxd->ring);
		wake(mgxd);
	} else if (mgxd->view) {
		view_event(mgxd->view, data);
	}
	return 0;
}

static int loop(struct mgxd *mgxd)
{
	struct epoll_event events[32];
	int err = 0;

	while (!mgxd->ended && !err) {
		int n = epoll_wait(mgxd->epoll_fd, events, ARRAY_SIZE(events),
				   http_timeout(mgxd->http));

		for (int i = 0; i < n && !err; i++)
			err = dispatch(mgxd, events[i].data.ptr);
		http_run(mgxd->http);
	}
	return err;
}

static void stop(struct mgxd *mgxd)
{
	http_free(mgxd->http);
	if (mgxd->view)
		view_free(mgxd->view);
	ring_buffer__free(mgxd->ring);
	source_close(mgxd->source);
	hub_free(mgxd->hub);
	sample_free(mgxd->sample);
	if (mgxd->keeper_fd >= 0)
		close(mgxd->keeper_fd);
	/* It takes away pins and sockets: the next mgxd is to find none. */
	while (wait(NULL) < 0 && errno == EINTR)
		;
}

int main(int argc, char **argv)
{
	static struct mgxd mgxd = {
		.options = { .user = DEFAULT_USER, .run_dir = RUN_DIR },
		.port = HTTP_PORT,
		.keeper_fd = -1,
	};
	int status = STATUS_OK;

	if (parse(&mgxd, argc, argv)) {
		error_print(false);
		return STATUS_USAGE;
	}
	if (mgxd.options.help) {
		help_program(
			"mgxd",
			"samples migrate_ext each second and serves it on localhost",
			mgxd_options);
		return STATUS_OK;
	}
	if (mgxd.options.version) {
		version_print(&mgxd.options);
		return STATUS_OK;
	}
	capture_start(false);
	if (start(&mgxd)) {
		status = STATUS_FAILED;
	} else {
		printf("mgxd: http://localhost:%llu/\n",
		       (unsigned long long)mgxd.port);
		fflush(stdout);
		notify("READY=1");
		if (loop(&mgxd))
			status = STATUS_FAILED;
		notify("STOPPING=1");
	}
	stop(&mgxd);
	error_print(false);
	return status;
}
