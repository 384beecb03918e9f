// SPDX-License-Identifier: GPL-2.0-only
/*
 * http.c - serves the hub on the loopback interface, read-only.
 *
 * libmicrohttpd does HTTP within our own epoll loop. What a client can hold is
 * bounded: connections, memory of each, time without a byte, and how far a
 * stream may fall behind.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "asset.h"
#include "error.h"
#include "http.h"
#include "metrics.h"
#include "request.h"
#include "util.h"

#define BLOCK	    4096
#define STREAM_TEXT 128 /* what stands round a message */
#define DEFAULT_MAX 600
#define JSON_TYPE   "application/json"

struct http {
	struct MHD_Daemon *daemon;
	struct hub *hub;
	const char *const *hosts;
	int fd;
	struct stream *streams;
};

/**
 * struct stream - a client that follows events
 * @http: whose
 * @connection: its
 * @suspended: it waits for a message
 * @next: number of the message to send next
 * @message: what is being sent, or NULL
 * @head: what stands before it
 * @sent: bytes of head, message and end that are sent
 * @before: in the list of streams
 * @after: in the list of streams
 */
struct stream {
	struct http *http;
	struct MHD_Connection *connection;
	bool suspended;
	__u64 next;
	struct message *message;
	char head[STREAM_TEXT];
	size_t sent;
	struct stream *before, *after;
};

/**
 * struct listing - a client that reads the history
 * @http: whose
 * @number: of the sample to send next
 * @last: of the last one
 * @step: between two
 * @state: 0 before the first, 1 after it, 2 at the end
 * @text: what is being sent
 * @len: of @text
 * @sent: of it
 */
struct listing {
	struct http *http;
	__u64 number, last, step;
	int state;
	char *text;
	size_t len, sent;
};

/* --- answers ----------------------------------------------------------------- */

static void add_headers(struct MHD_Response *response, const char *type)
{
	static const char *const headers[][2] = {
		{ "Content-Security-Policy",
		  "default-src 'none'; script-src 'self'; style-src 'self'; "
		  "img-src 'self' data:; connect-src 'self'; font-src 'self'; "
		  "base-uri 'none'; form-action 'none'; "
		  "frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cache-Control", "no-store" },
	};

	MHD_add_response_header(response, "Content-Type", type);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

static enum MHD_Result send_response(struct MHD_Connection *connection,
				     unsigned int status, const char *type,
				     struct MHD_Response *response)
{
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	add_headers(response, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	rc = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return rc;
}

/* Frees @text. */
static enum MHD_Result send_text(struct MHD_Connection *connection,
				 unsigned int status, const char *type,
				 char *text, size_t len)
{
	struct MHD_Response *response;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(len, text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	return send_response(connection, status, type, response);
}

static enum MHD_Result send_error(struct MHD_Connection *connection,
				  unsigned int status, const char *cause,
				  const char *remedy)
{
	char *text;
	int n = asprintf(&text,
			 "{\"error\":{\"what\":\"request\",\"cause\":\"%s\","
			 "\"remedy\":\"%s\"}}\n",
			 cause, remedy);

	return n < 0 ? MHD_NO :
		       send_text(connection, status, JSON_TYPE, text, n);
}

static enum MHD_Result no_sample(struct MHD_Connection *connection)
{
	return send_error(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			  "no sample was taken yet", "try again in a second");
}

/* --- state, rare events, metrics, assets --------------------------------------- */

static enum MHD_Result serve_state(struct http *http,
				   struct MHD_Connection *connection)
{
	struct message *message = hub_state(http->hub);
	enum MHD_Result rc;
	char *text;

	if (!message)
		return no_sample(connection);
	text = strdup(message->text);
	rc = send_text(connection, MHD_HTTP_OK, JSON_TYPE, text, message->len);
	message_put(message);
	return rc;
}

static enum MHD_Result serve_rare(struct http *http,
				  struct MHD_Connection *connection)
{
	char *text = hub_rare_text(http->hub);

	return send_text(connection, MHD_HTTP_OK, JSON_TYPE, text,
			 text ? strlen(text) : 0);
}

static enum MHD_Result serve_metrics(struct http *http,
				     struct MHD_Connection *connection)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		return MHD_NO;
	metrics_print(file, hub_latest(http->hub));
	fclose(file);
	return send_text(connection, MHD_HTTP_OK,
			 "text/plain; version=0.0.4; charset=utf-8", text, len);
}

static enum MHD_Result serve_asset(struct MHD_Connection *connection,
				   const char *path)
{
	const struct asset *asset = asset_find(path);

	if (!asset)
		return send_error(connection, MHD_HTTP_NOT_FOUND,
				  "there is nothing of that name",
				  "see mgxd-api(7)");
	return send_response(connection, MHD_HTTP_OK, asset->type,
			     MHD_create_response_from_buffer_static(
				     asset->end - asset->start, asset->start));
}

/* What the counters of a sample mean. */
static enum MHD_Result serve_counters(struct http *http,
				      struct MHD_Connection *connection)
{
	struct text text = { 0 };

	(void)http;
	text_open(&text, NULL, '{');
	text_u64(&text, "format", SAMPLE_FORMAT);
	text_open(&text, "events", '{');
	for (int i = 0; i < MGX_NR_EVENTS; i++)
		text_string(&text, sample_event_names[i],
			    sample_event_texts[i]);
	text_close(&text, '}');
	text_close(&text, '}');
	if (text.failed) {
		free(text.data);
		return MHD_NO;
	}
	return send_text(connection, MHD_HTTP_OK, JSON_TYPE, text.data,
			 text.len);
}

/* --- history --------------------------------------------------------------------- */

/* The next piece of the answer. 0, or -1 at its end. */
static int listing_next(struct listing *listing)
{
	struct history *history = hub_history(listing->http->hub);
	const char *text = NULL;
	size_t len = 0;

	free(listing->text);
	listing->text = NULL;
	listing->sent = 0;
	while (!text && listing->state < 2 &&
	       listing->number <= listing->last) {
		text = history_get(history, listing->number, &len);
		listing->number += listing->step;
	}
	if (text) {
		int n = asprintf(&listing->text, "%s%s",
				 listing->state ? "," : "", text);

		listing->state = 1;
		listing->len = n < 0 ? 0 : n;
		return n < 0 ? -1 : 0;
	}
	if (listing->state == 2)
		return -1;
	listing->state = 2;
	listing->text = strdup("]}");
	listing->len = 2;
	return listing->text ? 0 : -1;
}

static ssize_t listing_read(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct listing *listing = arg;
	size_t n;

	(void)pos;
	if (listing->sent == listing->len && listing_next(listing))
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = listing->len - listing->sent;
	n = n < max ? n : max;
	memcpy(buf, listing->text + listing->sent, n);
	listing->sent += n;
	return n;
}

static void listing_free(void *arg)
{
	struct listing *listing = arg;

	free(listing->text);
	free(listing);
}

/* A number of the query; @value stays when it is not there. 0, or -1. */
static int query(struct MHD_Connection *connection, const char *key, __u64 max,
		 __u64 *value)
{
	const char *text = MHD_lookup_connection_value(
		connection, MHD_GET_ARGUMENT_KIND, key);

	return text ? request_number(text, max, value) : 0;
}

/* Which samples: at most @max, evenly spread, the latest among them. */
static void listing_choose(struct listing *listing, __u64 max, __u64 since)
{
	struct history *history = hub_history(listing->http->hub);
	__u64 first = history_first(history), next = history_next(history);

	while (first < next && history_time(history, first) <= since)
		first++;
	listing->step = (next - first + max - 1) / max;
	if (first >= next) {
		listing->step = listing->number = 1;
		return;
	}
	listing->last = next - 1;
	listing->number = listing->last - (listing->last - first) /
						  listing->step * listing->step;
}

static enum MHD_Result serve_history(struct http *http,
				     struct MHD_Connection *connection)
{
	__u64 max = DEFAULT_MAX, since = 0;
	struct MHD_Response *response;
	struct listing *listing;
	int n;

	if (query(connection, "max", 100000, &max) || !max ||
	    query(connection, "since", ~0ULL >> 1, &since))
		return send_error(connection, MHD_HTTP_BAD_REQUEST,
				  "malformed number in the query",
				  "give max=N (from 1) and since=MS");
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		return MHD_NO;
	listing->http = http;
	listing_choose(listing, max, since);
	n = asprintf(&listing->text,
		     "{\"format\":%d,\"period_ms\":%llu,\"samples\":[",
		     SAMPLE_FORMAT,
		     (unsigned long long)hub_latest(http->hub)->period_ms);
	listing->len = n < 0 ? 0 : n;
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, listing_read, listing, listing_free);
	if (!response)
		listing_free(listing);
	return send_response(connection, MHD_HTTP_OK, JSON_TYPE, response);
}

/* --- streams --------------------------------------------------------------------- */

static const char stream_end[] = "\n\n";

static void stream_begin(struct stream *stream, struct message *message)
{
	stream->message = message;
	stream->sent = 0;
	snprintf(stream->head, sizeof(stream->head),
		 "event: %s\nid: %llu\ndata: ",
		 message->rare ? "rare" : "sample",
		 (unsigned long long)message->id);
}

/* Copies what is left of @text, which begins at @from of the whole. */
static size_t stream_part(struct stream *stream, const char *text, size_t len,
			  size_t from, char *buf, size_t max)
{
	size_t skip, n;

	if (stream->sent < from || stream->sent >= from + len)
		return 0;
	skip = stream->sent - from;
	n = len - skip < max ? len - skip : max;
	memcpy(buf, text + skip, n);
	stream->sent += n;
	return n;
}

static size_t stream_fill(struct stream *stream, char *buf, size_t max)
{
	size_t head = strlen(stream->head), len = stream->message->len;
	size_t n;

	n = stream_part(stream, stream->head, head, 0, buf, max);
	n += stream_part(stream, stream->message->text, len, head, buf + n,
			 max - n);
	n += stream_part(stream, stream_end, 2, head + len, buf + n, max - n);
	if (stream->sent == head + len + 2) {
		message_put(stream->message);
		stream->message = NULL;
	}
	return n;
}

static ssize_t stream_read(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct stream *stream = arg;

	(void)pos;
	if (!stream->message) {
		struct hub *hub = stream->http->hub;
		struct message *message;

		if (stream->next == hub_next(hub)) {
			stream->suspended = true;
			MHD_suspend_connection(stream->connection);
			return 0;
		}
		message = hub_get(hub, stream->next);
		if (!message)
			return MHD_CONTENT_READER_END_OF_STREAM;
		stream->next++;
		stream_begin(stream, message);
	}
	return stream_fill(stream, buf, max);
}

static void stream_free(void *arg)
{
	struct stream *stream = arg;

	message_put(stream->message);
	if (stream->before)
		stream->before->after = stream->after;
	else
		stream->http->streams = stream->after;
	if (stream->after)
		stream->after->before = stream->before;
	free(stream);
}

static enum MHD_Result serve_events(struct http *http,
				    struct MHD_Connection *connection)
{
	struct message *state = hub_state(http->hub);
	struct MHD_Response *response;
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		message_put(state);
		return MHD_NO;
	}
	stream->http = http;
	stream->connection = connection;
	stream->next = hub_next(http->hub);
	stream->after = http->streams;
	if (stream->after)
		stream->after->before = stream;
	http->streams = stream;
	if (state)
		stream_begin(stream, state);
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, stream_read, stream, stream_free);
	if (!response)
		stream_free(stream);
	return send_response(connection, MHD_HTTP_OK, "text/event-stream",
			     response);
}

void http_wake(struct http *http)
{
	for (struct stream *s = http->streams; s; s = s->after) {
		if (!s->suspended)
			continue;
		s->suspended = false;
		MHD_resume_connection(s->connection);
	}
	http_run(http);
}

/* --- requests -------------------------------------------------------------------- */

static const struct {
	const char *path;
	enum MHD_Result (*serve)(struct http *http,
				 struct MHD_Connection *connection);
} routes[] = {
	{ "/api/v1/state", serve_state },
	{ "/api/v1/history", serve_history },
	{ "/api/v1/events", serve_events },
	{ "/api/v1/rare", serve_rare },
	{ "/api/v1/counters", serve_counters },
	{ "/metrics", serve_metrics },
};

static enum MHD_Result
route(struct http *http, struct MHD_Connection *connection, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (!strcmp(path, routes[i].path))
			return routes[i].serve(http, connection);
	return serve_asset(connection, path);
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *data,
			      size_t *size, void **state)
{
	static char seen;
	struct http *http = arg;

	(void)version;
	(void)data;
	/* First comes the header alone; refused before a body is read. */
	if (!*state) {
		*state = &seen;
		if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
			return MHD_YES;
		return send_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "this is read-only", "use GET");
	}
	if (*size) {
		*size = 0;
		return MHD_YES;
	}
	if (!request_host_allowed(
		    MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						MHD_HTTP_HEADER_HOST),
		    http->hosts))
		return send_error(connection, MHD_HTTP_MISDIRECTED_REQUEST,
				  "this is not the host that was asked for",
				  "use localhost, or start mgxd with --host");
	return route(http, connection, path);
}

static int listen_loopback(unsigned int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(NULL, "socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !listen(fd, HTTP_CONNECTIONS))
		return fd;
	fail("give another --port", "port %u: %s", port, strerror(errno));
	close(fd);
	return -1;
}

static void quiet(void *arg, const char *format, va_list args)
{
	(void)arg;
	(void)format;
	(void)args;
}

struct http *http_new(struct hub *hub, unsigned int port,
		      const char *const *hosts)
{
	struct http *http = calloc(1, sizeof(*http));
	const union MHD_DaemonInfo *info;
	int fd = listen_loopback(port);

	if (!http || fd < 0) {
		free(http);
		return NULL;
	}
	http->hub = hub;
	http->hosts = hosts;
	/* clang-format off: pairs */
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
		NULL, NULL, answer, http, MHD_OPTION_EXTERNAL_LOGGER, quiet,
		NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HTTP_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT,
		HTTP_TIMEOUT, MHD_OPTION_END);
	/* clang-format on */
	info = http->daemon ? MHD_get_daemon_info(http->daemon,
						  MHD_DAEMON_INFO_EPOLL_FD) :
			      NULL;
	if (!info) {
		fail(NULL, "libmicrohttpd does not start");
		http_free(http);
		return NULL;
	}
	http->fd = info->epoll_fd;
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	/* Suspended ones would never be closed. */
	for (struct stream *s = http->streams; s; s = s->after)
		if (s->suspended)
			MHD_resume_connection(s->connection);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	free(http);
}

int http_fd(const struct http *http)
{
	return http->fd;
}

void http_run(struct http *http)
{
	MHD_run(http->daemon);
}

int http_timeout(const struct http *http)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(http->daemon, &ms) != MHD_YES)
		return -1;
	return ms < 60000 ? (int)ms : 60000;
}
