// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c - where samples come from: the running kernel, a recording, or a
 * mgxd.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "sampler.h"

#define DEFAULT_PERIOD 1000
#define READ_SIZE      65536

/**
 * struct source - where samples come from
 * @sampler: of the running kernel, or NULL
 * @path: of a recording or socket
 * @fd: its
 * @timer: paces the running kernel and recordings, or -1
 * @period: milliseconds
 * @speed: of a recording
 * @text: what was read and not used yet
 * @len: of @text
 * @room: for @text
 * @ended: nothing more comes
 * @line: how many were read
 */
struct source {
	struct sampler *sampler;
	char path[PATH_MAX];
	int fd;
	int timer;
	unsigned int period;
	double speed;
	char *text;
	size_t len, room;
	bool ended;
	unsigned long line;
};

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(NULL, "the path of the socket is too long");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	if (fd >= 0)
		close(fd);
	return fail("start mgxd", "%s: %s", path, strerror(errno));
}

static int open_text(struct source *source, const char *path)
{
	struct stat st;

	snprintf(source->path, sizeof(source->path), "%s", path);
	if (stat(path, &st))
		return fail(NULL, "%s: %s", path, strerror(errno));
	if (S_ISSOCK(st.st_mode)) {
		source->fd = open_socket(path);
		return source->fd < 0 ? -1 : 0;
	}
	source->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0)
		return fail(NULL, "%s: %s", path, strerror(errno));
	source->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	return 0;
}

static int open_kernel(struct source *source)
{
	source->sampler = sampler_new();
	source->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (!source->sampler || source->timer < 0)
		return fail(NULL, "out of memory");
	return 0;
}

/* @ms: 0 for at once */
static void set_timer(int timer, __u64 ms, __u64 interval)
{
	struct itimerspec spec = {
		.it_value = { ms / 1000, ms % 1000 * 1000000 },
		.it_interval = { interval / 1000, interval % 1000 * 1000000 },
	};

	if (!ms)
		spec.it_value.tv_nsec = 1;
	timerfd_settime(timer, 0, &spec, NULL);
}

void source_period(struct source *source, unsigned int ms)
{
	source->period = ms;
	if (source->sampler)
		set_timer(source->timer, 0, ms);
}

void source_speed(struct source *source, double speed)
{
	source->speed = speed;
}

struct source *source_open(const char *path)
{
	struct source *source = calloc(1, sizeof(*source));
	int err;

	if (!source) {
		fail(NULL, "out of memory");
		return NULL;
	}
	source->fd = source->timer = -1;
	source->speed = 1;
	err = path ? open_text(source, path) : open_kernel(source);
	if (err) {
		source_close(source);
		return NULL;
	}
	source_period(source, DEFAULT_PERIOD);
	if (path && source->timer >= 0)
		set_timer(source->timer, 0, 0);
	return source;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	sampler_free(source->sampler);
	if (source->fd >= 0)
		close(source->fd);
	if (source->timer >= 0)
		close(source->timer);
	free(source->text);
	free(source);
}

int source_fd(const struct source *source)
{
	return source->timer >= 0 ? source->timer : source->fd;
}

bool source_pending(const struct source *source)
{
	return source->timer < 0 && source->len &&
	       memchr(source->text, '\n', source->len);
}

/* 0, or -1 with the error recorded; the end sets @ended. */
static int read_more(struct source *source)
{
	ssize_t n;

	if (source->len + READ_SIZE > source->room) {
		size_t room = source->room * 2 + READ_SIZE;
		char *text;

		if (source->len > SAMPLE_TEXT_MAX)
			return fail("it is no recording", "%s:%lu: too long",
				    source->path, source->line + 1);
		text = realloc(source->text, room);
		if (!text)
			return fail(NULL, "out of memory");
		source->text = text;
		source->room = room;
	}
	n = read(source->fd, source->text + source->len, READ_SIZE);
	if (n < 0 && errno != EINTR)
		return fail(NULL, "%s: %s", source->path, strerror(errno));
	if (n > 0)
		source->len += n;
	source->ended = !n;
	return 0;
}

static struct json_object *parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *tree = json_tokener_parse_ex(tokener, text, len);

	json_tokener_free(tokener);
	return tree;
}

/* 1: @sample is one; 0: the line is something else; -1: it is malformed. */
static int take_line(struct source *source, const char *text, size_t len,
		     struct sample *sample)
{
	struct json_object *tree = parse(text, len), *kind;
	int rc = -1;

	source->line++;
	if (json_object_is_type(tree, json_type_object)) {
		rc = !json_object_object_get_ex(tree, "kind", &kind);
		if (rc && sample_from_json(sample, tree))
			rc = -1;
	}
	json_object_put(tree);
	if (rc < 0)
		fail("give a file that 'mgxctl record' wrote",
		     "%s:%lu: no sample", source->path, source->line);
	return rc;
}

/* As source_next(), of a text, without waiting for a recording's time. */
static int next_line(struct source *source, struct sample *sample)
{
	for (;;) {
		char *end = source->len ?
				    memchr(source->text, '\n', source->len) :
				    NULL;
		size_t len;
		int rc;

		if (!end && source->ended)
			return 0;
		if (!end) {
			if (read_more(source))
				return -1;
			continue;
		}
		len = end - source->text;
		rc = take_line(source, source->text, len, sample);
		source->len -= len + 1;
		memmove(source->text, end + 1, source->len);
		if (rc)
			return rc;
	}
}

static void wait_timer(struct source *source)
{
	__u64 expirations;

	while (read(source->timer, &expirations, sizeof(expirations)) < 0 &&
	       errno == EINTR)
		;
}

/* The time that lay between two samples of a recording lies between them. */
static int next_recorded(struct source *source, struct sample *sample)
{
	int rc;

	if (source->speed > 0)
		wait_timer(source);
	rc = next_line(source, sample);
	if (rc == 1 && source->speed > 0)
		set_timer(source->timer, sample->period_ms / source->speed, 0);
	if (rc == 1)
		sample->replay = true;
	return rc;
}

int source_next(struct source *source, struct sample *sample)
{
	if (source->sampler) {
		wait_timer(source);
		sampler_take(source->sampler, sample);
		sample->period_ms = source->period;
		return 1;
	}
	return source->timer >= 0 ? next_recorded(source, sample) :
				    next_line(source, sample);
}
