// SPDX-License-Identifier: GPL-2.0-only
/*
 * nbd.c - a block device that answers reads when the test says so: the kernel's
 * network block device, served by a thread of the test.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#define PAGE	4096
#define WAIT_MS 60000

static bool all(ssize_t (*io)(int, void *, size_t), int fd, void *buf,
		size_t len)
{
	char *at = buf;

	while (len) {
		ssize_t n = io(fd, at, len);

		if (n <= 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

static ssize_t do_write(int fd, void *buf, size_t len)
{
	return write(fd, buf, len);
}

static bool reply(struct nbd *n, const struct nbd_request *request)
{
	struct nbd_reply head = { .magic = htobe32(NBD_REPLY_MAGIC) };
	bool reads = be32toh(request->type) == NBD_CMD_READ;

	memcpy(&head.handle, &request->handle, sizeof(head.handle));
	if (!all(do_write, n->sock, &head, sizeof(head)))
		return false;
	return !reads ||
	       all(do_write, n->sock, n->image + be64toh(request->from),
		   be32toh(request->len));
}

static bool is_held(const struct nbd *n, const struct nbd_request *request)
{
	uint64_t from = be64toh(request->from);

	return be32toh(request->type) == NBD_CMD_READ && from < n->hold_end &&
	       from + be32toh(request->len) > n->hold_start;
}

/* One request: kept if it is to be held, else answered. */
static bool serve(struct nbd *n, struct nbd_request *request)
{
	bool good = true;

	if (be32toh(request->type) == NBD_CMD_WRITE)
		good = all(read, n->sock, n->image + be64toh(request->from),
			   be32toh(request->len));
	pthread_mutex_lock(&n->lock);
	if (good && is_held(n, request) && n->nr_held < NBD_HELD)
		memcpy(n->held[n->nr_held++], request, sizeof(*request));
	else if (good)
		good = reply(n, request);
	pthread_mutex_unlock(&n->lock);
	return good;
}

static void *server_main(void *arg)
{
	struct nbd *n = arg;
	struct nbd_request request;

	while (all(read, n->sock, &request, sizeof(request)) &&
	       be32toh(request.type) != NBD_CMD_DISC)
		if (!serve(n, &request))
			break;
	return NULL;
}

static void *device_main(void *arg)
{
	struct nbd *n = arg;

	ioctl(n->dev, NBD_DO_IT);
	ioctl(n->dev, NBD_CLEAR_QUE);
	ioctl(n->dev, NBD_CLEAR_SOCK);
	return NULL;
}

static int nbd_image(struct nbd *n, size_t size)
{
	n->size = size;
	n->image_fd = memfd_create("nbd", 0);
	if (n->image_fd < 0 || ftruncate(n->image_fd, size))
		return -errno;
	n->image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			n->image_fd, 0);
	return n->image == MAP_FAILED ? -errno : 0;
}

static int nbd_connect(struct nbd *n)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -errno;
	n->sock = pair[1];
	if (ioctl(n->dev, NBD_SET_BLKSIZE, PAGE) ||
	    ioctl(n->dev, NBD_SET_SIZE_BLOCKS, n->size / PAGE) ||
	    ioctl(n->dev, NBD_SET_FLAGS, NBD_FLAG_HAS_FLAGS) ||
	    ioctl(n->dev, NBD_SET_SOCK, pair[0]))
		return -errno;
	close(pair[0]);
	return 0;
}

/* Reads fail until NBD_DO_IT is under way. */
static int nbd_probe(void)
{
	const struct timespec tick = { .tv_nsec = 10 * 1000 * 1000 };
	char page[PAGE];
	int tries, fd;

	for (tries = 0; tries < WAIT_MS / 10; tries++) {
		fd = open(NBD_DEVICE, O_RDONLY);
		if (fd >= 0 && pread(fd, page, sizeof(page), 0) > 0) {
			close(fd);
			return 0;
		}
		close(fd);
		nanosleep(&tick, NULL);
	}
	note(NBD_DEVICE " does not answer");
	return -ETIMEDOUT;
}

int nbd_create(struct nbd *n, size_t size)
{
	*n = (struct nbd){ .dev = -1, .sock = -1, .image_fd = -1 };
	pthread_mutex_init(&n->lock, NULL);
	return nbd_image(n, size);
}

int nbd_start(struct nbd *n)
{
	int rc;

	if (system("modprobe nbd nbds_max=1"))
		return -ENODEV;
	n->dev = open(NBD_DEVICE, O_RDWR);
	if (n->dev < 0)
		return -errno;
	rc = nbd_connect(n);
	rc = rc ?: -pthread_create(&n->server, NULL, server_main, n);
	rc = rc ?: -pthread_create(&n->device, NULL, device_main, n);
	n->running = !rc;
	return rc ?: nbd_probe();
}

void nbd_stop(struct nbd *n)
{
	if (n->running) {
		nbd_answer(n);
		ioctl(n->dev, NBD_DISCONNECT);
		pthread_join(n->server, NULL);
		close(n->sock);
		pthread_join(n->device, NULL);
	}
	if (n->image)
		munmap(n->image, n->size);
	close(n->image_fd);
	close(n->dev);
}

void nbd_hold(struct nbd *n, uint64_t start, uint64_t end)
{
	pthread_mutex_lock(&n->lock);
	n->hold_start = start;
	n->hold_end = end;
	pthread_mutex_unlock(&n->lock);
}

static uint64_t held_bytes(struct nbd *n)
{
	uint64_t bytes = 0;
	unsigned int i;

	pthread_mutex_lock(&n->lock);
	for (i = 0; i < n->nr_held; i++)
		bytes += nbd_held_to(n, i) - nbd_held_from(n, i);
	pthread_mutex_unlock(&n->lock);
	return bytes;
}

bool nbd_wait_held(struct nbd *n, uint64_t bytes)
{
	const struct timespec tick = { .tv_nsec = 1000 * 1000 };
	int ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		if (held_bytes(n) >= bytes)
			return true;
		nanosleep(&tick, NULL);
	}
	note("%llu bytes are in flight", (unsigned long long)held_bytes(n));
	return false;
}

uint64_t nbd_held_from(const struct nbd *n, unsigned int i)
{
	return be64toh(((const struct nbd_request *)n->held[i])->from);
}

uint64_t nbd_held_to(const struct nbd *n, unsigned int i)
{
	return nbd_held_from(n, i) +
	       be32toh(((const struct nbd_request *)n->held[i])->len);
}

void nbd_answer(struct nbd *n)
{
	unsigned int i;

	pthread_mutex_lock(&n->lock);
	n->hold_end = 0;
	for (i = 0; i < n->nr_held; i++)
		reply(n, (struct nbd_request *)n->held[i]);
	n->nr_held = 0;
	pthread_mutex_unlock(&n->lock);
}
