/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_SERVER_H
#define _MGX_ENGINE_SERVER_H

#include <pthread.h>
#include <stdbool.h>

#include "function.h"

/**
 * struct server - serves one function to one client after the other
 * @function:	what is served
 * @thread:	does it
 * @lock:	protects the rest
 * @listener:	socket that clients connect to
 * @connection:	to the client, or -1
 * @stop:	the thread shall end
 */
struct server {
	struct function function;
	pthread_t thread;
	pthread_mutex_t lock;
	int listener;
	int connection;
	bool stop;
};

void server_start(struct server *server, unsigned int index, int listener);
void server_stop(struct server *server);

#endif /* _MGX_ENGINE_SERVER_H */
