// SPDX-License-Identifier: GPL-2.0-only
/*
 * server.c - the server's side of vfio-user: answers what the client asks of a
 * PCI function. Nothing that a client says is trusted: what does not fit gets
 * an error for its reply, and a stream that makes no sense is closed.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <sys/socket.h>

#include "clock.h"
#include "message.h"
#include "registers.h"
#include "server.h"

#define CAPABILITIES                                                        \
	"{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":4096," \
	"\"max_dma_maps\":256}}"

struct session {
	struct function *fn;
	bool greeted;
};

/* --- answers: 0 with a payload in the message, or an errno -------------------------- */

/* Only the error of a version that we cannot speak ends the connection. */
static int answer_version(struct session *s, struct message *m)
{
	struct vfio_user_version version;

	memcpy(&version, m->payload, sizeof(version));
	if (version.major)
		return ENOTSUP;
	version.minor = 0;
	memcpy(m->payload, &version, sizeof(version));
	memcpy(m->payload + sizeof(version), CAPABILITIES,
	       sizeof(CAPABILITIES));
	m->size = sizeof(version) + sizeof(CAPABILITIES);
	s->greeted = true;
	return 0;
}

static unsigned int dma_access(uint32_t flags)
{
	unsigned int access = 0;

	if (flags & VFIO_DMA_MAP_FLAG_READ)
		access |= DMA_READ;
	if (flags & VFIO_DMA_MAP_FLAG_WRITE)
		access |= DMA_WRITE;
	return access;
}

static int answer_dma_map(struct session *s, struct message *m)
{
	struct vfio_user_dma_map request;
	struct dma_map map = { 0 };
	int fd, error;

	memcpy(&request, m->payload, sizeof(request));
	map.addr = request.addr;
	map.size = request.size;
	map.access = dma_access(request.flags);
	fd = message_take_fd(m, 0);
	error = -dma_add(&s->fn->dma, map, fd, request.offset);
	if (fd >= 0)
		close(fd);
	m->size = 0;
	return error;
}

/* The reply is the request. */
static int answer_dma_unmap(struct session *s, struct message *m)
{
	struct vfio_user_dma_unmap request;

	memcpy(&request, m->payload, sizeof(request));
	m->size = sizeof(request);
	if (request.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		dma_remove_all(&s->fn->dma);
		return 0;
	}
	return -dma_remove(&s->fn->dma, request.addr, request.size);
}

static int answer_info(struct session *s, struct message *m)
{
	struct vfio_device_info info = {
		.argsz = 16,
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_PCI_NUM_IRQS,
	};

	(void)s;
	m->size = info.argsz;
	memcpy(m->payload, &info, m->size);
	return 0;
}

/* Bytes in a region; 0 if the function has none of that kind */
static size_t region_size(uint32_t index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return IOAT_BAR_SIZE;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return CONFIG_SIZE;
	default:
		return 0;
	}
}

static int answer_region_info(struct session *s, struct message *m)
{
	struct vfio_region_info info;

	(void)s;
	memcpy(&info, m->payload, sizeof(info));
	if (info.index >= VFIO_PCI_NUM_REGIONS)
		return EINVAL;
	info.argsz = sizeof(info);
	info.cap_offset = 0;
	info.offset = 0;
	info.size = region_size(info.index);
	info.flags = info.size ? VFIO_REGION_INFO_FLAG_READ |
					 VFIO_REGION_INFO_FLAG_WRITE :
				 0;
	m->size = sizeof(info);
	memcpy(m->payload, &info, m->size);
	return 0;
}

/* Only MSI-X */
static unsigned int irq_count(uint32_t index)
{
	return index == VFIO_PCI_MSIX_IRQ_INDEX ? IOAT_NR_CHANNELS : 0;
}

static int answer_irq_info(struct session *s, struct message *m)
{
	struct vfio_irq_info info;

	(void)s;
	memcpy(&info, m->payload, sizeof(info));
	if (info.index >= VFIO_PCI_NUM_IRQS)
		return EINVAL;
	info.argsz = sizeof(info);
	info.count = irq_count(info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD : 0;
	m->size = sizeof(info);
	memcpy(m->payload, &info, m->size);
	return 0;
}

/* Each interrupt of the range gets the file that came for it, or none. */
static int set_irq_fds(struct session *s, struct message *m,
		       const struct vfio_irq_set *set)
{
	unsigned int count = irq_count(set->index);

	if (set->start > count || set->count > count - set->start)
		return EINVAL;
	for (unsigned int i = 0; i < set->count; i++)
		irq_set_fd(&s->fn->irqs, set->start + i, message_take_fd(m, i));
	return 0;
}

static int answer_set_irqs(struct session *s, struct message *m)
{
	struct vfio_irq_set set;

	memcpy(&set, m->payload, sizeof(set));
	m->size = 0;
	if (set.index >= VFIO_PCI_NUM_IRQS)
		return EINVAL;
	if (!(set.flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return ENOTSUP;
	if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_irq_fds(s, m, &set);
	if (!(set.flags & VFIO_IRQ_SET_DATA_NONE) || set.count)
		return ENOTSUP;
	if (irq_count(set.index))
		irq_drop_fds(&s->fn->irqs);
	return 0;
}

static int check_access(const struct vfio_user_region_access *access)
{
	size_t size = region_size(access->region);

	if (access->offset > size || access->count > size - access->offset ||
	    access->count > MESSAGE_MAX_PAYLOAD - sizeof(*access))
		return EINVAL;
	return 0;
}

static int answer_read(struct session *s, struct message *m)
{
	struct vfio_user_region_access *access = (void *)m->payload;

	if (check_access(access))
		return EINVAL;
	m->size = sizeof(*access) + access->count;
	if (access->region == VFIO_PCI_CONFIG_REGION_INDEX)
		function_config_read(s->fn, access->offset, access->data,
				     access->count);
	else
		registers_read(s->fn, access->offset, access->data,
			       access->count);
	return 0;
}

static int answer_write(struct session *s, struct message *m)
{
	struct vfio_user_region_access *access = (void *)m->payload;

	if (check_access(access) || m->size < sizeof(*access) + access->count)
		return EINVAL;
	m->size = sizeof(*access);
	if (access->region == VFIO_PCI_CONFIG_REGION_INDEX)
		function_config_write(s->fn, access->offset, access->data,
				      access->count);
	else
		registers_write(s->fn, access->offset, access->data,
				access->count);
	return 0;
}

static int answer_reset(struct session *s, struct message *m)
{
	function_reset(s->fn);
	m->size = 0;
	return 0;
}

static const struct answer {
	size_t min_size;
	int (*run)(struct session *s, struct message *m);
} answers[NR_MESSAGE_COMMANDS] = {
	[VFIO_USER_VERSION] = { sizeof(struct vfio_user_version),
				answer_version },
	[VFIO_USER_DMA_MAP] = { sizeof(struct vfio_user_dma_map),
				answer_dma_map },
	[VFIO_USER_DMA_UNMAP] = { sizeof(struct vfio_user_dma_unmap),
				  answer_dma_unmap },
	[VFIO_USER_DEVICE_GET_INFO] = { 16, answer_info },
	[VFIO_USER_DEVICE_GET_REGION_INFO] = { sizeof(struct vfio_region_info),
					       answer_region_info },
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = { sizeof(struct vfio_irq_info),
					    answer_irq_info },
	[VFIO_USER_DEVICE_SET_IRQS] = { sizeof(struct vfio_irq_set),
					answer_set_irqs },
	[VFIO_USER_REGION_READ] = { sizeof(struct vfio_user_region_access),
				    answer_read },
	[VFIO_USER_REGION_WRITE] = { sizeof(struct vfio_user_region_access),
				     answer_write },
	[VFIO_USER_DEVICE_RESET] = { 0, answer_reset },
};

/* --- a connection -------------------------------------------------------------------- */

static int answer(struct session *s, struct message *m)
{
	const struct answer *a;

	if (m->header.command >= NR_MESSAGE_COMMANDS)
		return ENOTSUP;
	a = &answers[m->header.command];
	if (!a->run)
		return ENOTSUP;
	if (m->size < a->min_size)
		return EINVAL;
	return a->run(s, m);
}

/* False when the conversation is over. */
static bool serve_one(struct session *s, int fd, struct message *m)
{
	int error, got = message_receive(fd, m);

	if (got > 0 && !s->greeted && m->header.command != VFIO_USER_VERSION)
		got = -EPROTO;
	if (got > 0) {
		error = answer(s, m);
		message_close_fds(m);
		got = message_reply(fd, m, error) ? 0 : s->greeted;
	} else if (got < 0) {
		warnx("function %u: bad message, connection closed: %s",
		      s->fn->index, strerror(-got));
	}
	message_close_fds(m);
	return got > 0;
}

static void serve(struct server *server, int fd)
{
	struct session session = { .fn = &server->function };
	struct message message;

	function_connect(session.fn);
	while (serve_one(&session, fd, &message))
		;
	function_disconnect(session.fn);
}

/* Makes @fd the connection, so that server_stop() can end it; -1 is none. */
static bool set_connection(struct server *server, int fd)
{
	bool go_on;

	pthread_mutex_lock(&server->lock);
	server->connection = fd;
	go_on = !server->stop;
	pthread_mutex_unlock(&server->lock);
	return go_on;
}

static void *server_main(void *arg)
{
	struct server *server = arg;
	int fd;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >=
		       0 ||
	       errno == EINTR || errno == ECONNABORTED) {
		if (fd < 0)
			continue;
		if (set_connection(server, fd))
			serve(server, fd);
		set_connection(server, -1);
		close(fd);
	}
	return NULL;
}

void server_start(struct server *server, unsigned int index, int listener)
{
	function_start(&server->function, index);
	pthread_mutex_init(&server->lock, NULL);
	server->listener = listener;
	server->connection = -1;
	server->stop = false;
	thread_start(&server->thread, server_main, server);
}

void server_stop(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	server->stop = true;
	shutdown(server->listener, SHUT_RDWR);
	if (server->connection >= 0)
		shutdown(server->connection, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
	pthread_join(server->thread, NULL);
	close(server->listener);
	function_stop(&server->function);
}
