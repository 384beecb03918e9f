/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * http.h - serves the hub on the loopback interface, read-only.
 */
#ifndef _MGX_HTTP_H
#define _MGX_HTTP_H

#include <stdbool.h>

#include "hub.h"

#define HTTP_PORT	 9465
#define HTTP_CONNECTIONS 512
#define HTTP_MEMORY	 (16u << 10) /* for each, with its request's header */
#define HTTP_TIMEOUT	 30	     /* seconds without a byte */

struct http;

/*
 * @hosts: names besides localhost that clients may use, NULL-terminated, or
 * NULL. Returns NULL with the error recorded.
 */
struct http *http_new(struct hub *hub, unsigned int port,
		      const char *const *hosts);
void http_free(struct http *http);

/* For the caller's epoll: readable when http_run() has work. */
int http_fd(const struct http *http);
void http_run(struct http *http);
/* Milliseconds until http_run() is due all the same; -1: not. */
int http_timeout(const struct http *http);

/* The hub has new messages. */
void http_wake(struct http *http);

#endif /* _MGX_HTTP_H */
