// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "clock.h"
#include "guest.h"
#include "unix.h"

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define BAR    VFIO_PCI_BAR0_REGION_INDEX

void sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * NSEC_PER_MSEC };

	nanosleep(&time, NULL);
}

/* --- the connection ------------------------------------------------------------- */

static void send_message(int fd, const void *data, size_t len, const int *fds,
			 unsigned int nr_fds)
{
	char control[CMSG_SPACE(MESSAGE_MAX_FDS * sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nr_fds) {
		struct cmsghdr *cmsg;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nr_fds * sizeof(int));
	}
	if (sendmsg(fd, &msg, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		err(1, "sendmsg");
}

static bool receive(int fd, void *to, size_t len)
{
	return recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

int guest_ask(struct guest *guest, unsigned int command, const void *request,
	      size_t len, const int *fds, unsigned int nr_fds, void *reply,
	      size_t reply_len)
{
	static uint16_t id;
	struct message_header header = { .id = ++id, .command = command };
	char out[sizeof(header) + MESSAGE_MAX_PAYLOAD];
	char in[MESSAGE_MAX_PAYLOAD] = { 0 };

	header.size = sizeof(header) + len;
	memcpy(out, &header, sizeof(header));
	if (len)
		memcpy(out + sizeof(header), request, len);
	send_message(guest->fd, out, header.size, fds, nr_fds);
	if (!receive(guest->fd, &header, sizeof(header)))
		return -1;
	len = header.size - sizeof(header);
	if (header.id != id || len > sizeof(in))
		errx(1, "a reply that does not fit");
	if (len && !receive(guest->fd, in, len))
		return -1;
	if (reply)
		memcpy(reply, in, reply_len);
	return header.flags & VFIO_USER_FLAG_ERROR ? header.error : 0;
}

int guest_map(struct guest *guest, uint64_t addr, uint64_t size,
	      unsigned int flags, int fd, uint64_t offset)
{
	struct vfio_user_dma_map map = {
		.argsz = sizeof(map),
		.flags = flags,
		.offset = offset,
		.addr = addr,
		.size = size,
	};

	return guest_ask(guest, VFIO_USER_DMA_MAP, &map, sizeof(map), &fd,
			 fd >= 0, NULL, 0);
}

int guest_unmap(struct guest *guest, uint64_t addr, uint64_t size)
{
	struct vfio_user_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.addr = addr,
		.size = size,
	};

	return guest_ask(guest, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap),
			 NULL, 0, NULL, 0);
}

int guest_access(struct guest *guest, unsigned int command, unsigned int region,
		 uint64_t offset, uint32_t count, void *data)
{
	char buffer[MESSAGE_MAX_PAYLOAD] = { 0 };
	struct vfio_user_region_access access = {
		.offset = offset,
		.region = region,
		.count = count,
	};
	bool write = command == VFIO_USER_REGION_WRITE;
	size_t len = sizeof(access);
	int error;

	memcpy(buffer, &access, sizeof(access));
	if (write) {
		memcpy(buffer + sizeof(access), data, count);
		len += count;
	}
	error = guest_ask(guest, command, buffer, len, NULL, 0, buffer,
			  sizeof(buffer));
	if (!error && !write)
		memcpy(data, buffer + sizeof(access), count);
	return error;
}

uint64_t guest_read(struct guest *guest, uint64_t at, unsigned int size)
{
	uint64_t value = 0;

	if (guest_access(guest, VFIO_USER_REGION_READ, BAR, at, size, &value))
		errx(1, "read of register %#lx failed", (long)at);
	return value;
}

void guest_write(struct guest *guest, uint64_t at, unsigned int size,
		 uint64_t value)
{
	if (guest_access(guest, VFIO_USER_REGION_WRITE, BAR, at, size, &value))
		errx(1, "write of register %#lx failed", (long)at);
}

void guest_command(struct guest *guest, uint16_t bits)
{
	if (guest_access(guest, VFIO_USER_REGION_WRITE, CONFIG, PCI_COMMAND,
			 sizeof(bits), &bits))
		errx(1, "write of the command register failed");
}

void guest_connect(struct guest *guest)
{
	struct timeval patience = { .tv_sec = 20 };

	guest->fd = unix_connect(guest->path);
	if (guest->fd < 0)
		errx(1, "cannot connect to %s", guest->path);
	/* A test that fails shall not wait for ever. */
	setsockopt(guest->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
}

/* Returns when the server has noticed. */
void guest_disconnect(struct guest *guest)
{
	close(guest->fd);
	while (function_is_connected(&guest->server->function))
		sleep_ms(1);
}

static void set_irqs(struct guest *guest)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			 VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.count = IOAT_NR_CHANNELS,
	};

	if (guest_ask(guest, VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set),
		      guest->irqs, IOAT_NR_CHANNELS, NULL, 0))
		errx(1, "SET_IRQS failed");
}

/* What QEMU and the driver do until the channels run. */
void guest_boot(struct guest *guest)
{
	struct vfio_user_version version = { 0, 1 };

	if (guest_ask(guest, VFIO_USER_VERSION, &version, sizeof(version), NULL,
		      0, NULL, 0))
		errx(1, "the server does not speak to us");
	if (guest_map(guest, GUEST_BASE, GUEST_SIZE,
		      VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		      guest->memfd, 0))
		errx(1, "DMA_MAP failed");
	set_irqs(guest);
	guest_command(guest, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	guest_write(guest, IOAT_INTRCTRL, 1, IOAT_INTRCTRL_MASTER_INT_EN);
	for (unsigned int i = 0; i < IOAT_NR_CHANNELS; i++)
		chan_start(guest, i);
}

void guest_start(struct guest *guest, struct server *server)
{
	memset(guest, 0, sizeof(*guest));
	guest->server = server;
	snprintf(guest->path, sizeof(guest->path), "/tmp/mgx-engine-%d.sock",
		 getpid());
	server_start(server, 0, unix_listen(guest->path));
	guest->memfd = memfd_create("guest", MFD_CLOEXEC);
	if (guest->memfd < 0 || ftruncate(guest->memfd, GUEST_SIZE))
		err(1, "memfd");
	guest->mem = mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  guest->memfd, 0);
	if (guest->mem == MAP_FAILED)
		err(1, "mmap");
	for (int i = 0; i < IOAT_NR_CHANNELS; i++)
		guest->irqs[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	guest_connect(guest);
	guest_boot(guest);
}

void guest_stop(struct guest *guest)
{
	guest_disconnect(guest);
	server_stop(guest->server);
	unlink(guest->path);
	munmap(guest->mem, GUEST_SIZE);
	close(guest->memfd);
	for (int i = 0; i < IOAT_NR_CHANNELS; i++)
		close(guest->irqs[i]);
}

/* --- a channel -------------------------------------------------------------------- */

uint64_t chan_read(struct guest *guest, unsigned int chan, unsigned int reg,
		   unsigned int size)
{
	return guest_read(guest, (chan + 1) * IOAT_WINDOW + reg, size);
}

void chan_write(struct guest *guest, unsigned int chan, unsigned int reg,
		unsigned int size, uint64_t value)
{
	guest_write(guest, (chan + 1) * IOAT_WINDOW + reg, size, value);
}

static uint64_t ring_addr(unsigned int chan, unsigned int i)
{
	return GUEST_RINGS + (chan * GUEST_RING_DESCS + i % GUEST_RING_DESCS) *
				     IOAT_DESC_SIZE;
}

static uint64_t *completion(struct guest *guest, unsigned int chan)
{
	return (uint64_t *)(guest->mem + GUEST_CMP + chan * 64);
}

/* Rings, completion address, and go. */
void chan_start(struct guest *guest, unsigned int chan)
{
	uint64_t cmp = GUEST_BASE + GUEST_CMP + chan * 64;
	uint64_t ring = GUEST_BASE + ring_addr(chan, 0);

	guest->count[chan] = 0;
	guest->head[chan] = 0;
	for (unsigned int i = 0; i < GUEST_RING_DESCS; i++) {
		struct ioat_desc *desc =
			(void *)(guest->mem + ring_addr(chan, i));

		memset(desc, 0, sizeof(*desc));
		desc->next = GUEST_BASE + ring_addr(chan, i + 1);
	}
	__atomic_store_n(completion(guest, chan), 0, __ATOMIC_SEQ_CST);
	chan_write(guest, chan, IOAT_CHANCTRL, 2,
		   IOAT_CHANCTRL_INT_REARM | IOAT_CHANCTRL_ERR_INT_EN |
			   IOAT_CHANCTRL_ERR_COMPLETION_EN);
	chan_write(guest, chan, IOAT_CHANCMP, 4, cmp);
	chan_write(guest, chan, IOAT_CHANCMP + 4, 4, cmp >> 32);
	chan_write(guest, chan, IOAT_CHAINADDR, 4, ring);
	chan_write(guest, chan, IOAT_CHAINADDR + 4, 4, ring >> 32);
}

/* As ioat_reset_sync() and ioat_restart_channel() do. */
void chan_reset(struct guest *guest, unsigned int chan)
{
	chan_write(guest, chan, IOAT_CHANCMD, 1, IOAT_CHANCMD_RESET);
	for (int i = 0; i < 2000; i++) {
		if (!(chan_read(guest, chan, IOAT_CHANCMD, 1) &
		      IOAT_CHANCMD_RESET))
			break;
		sleep_ms(1);
	}
	chan_start(guest, chan);
}

/* The next free descriptor: a null descriptor that writes its completion. */
struct ioat_desc *chan_desc(struct guest *guest, unsigned int chan)
{
	uint64_t at = ring_addr(chan, guest->head[chan]++);
	struct ioat_desc *desc = (void *)(guest->mem + at);

	desc->size = 1;
	desc->ctl = IOAT_CTL_NULL | IOAT_CTL_COMPL_WRITE;
	desc->src = 0;
	desc->dst = 0;
	guest->count[chan]++;
	return desc;
}

/* @dst, @src: offsets in the guest's memory */
void chan_copy(struct guest *guest, unsigned int chan, uint64_t dst,
	       uint64_t src, uint32_t size)
{
	struct ioat_desc *desc = chan_desc(guest, chan);

	desc->size = size;
	desc->ctl = IOAT_CTL_INT_EN | IOAT_CTL_COMPL_WRITE;
	desc->src = GUEST_BASE + src;
	desc->dst = GUEST_BASE + dst;
}

void chan_doorbell(struct guest *guest, unsigned int chan)
{
	chan_write(guest, chan, IOAT_DMACOUNT, 2, guest->count[chan]);
}

enum ioat_state chan_state(struct guest *guest, unsigned int chan)
{
	return chan_read(guest, chan, IOAT_CHANSTS, 8) & 7;
}

/* Until the channel is not active any more, but not longer than @ms. */
enum ioat_state chan_wait(struct guest *guest, unsigned int chan,
			  unsigned int ms)
{
	uint64_t until = clock_ns() + ms * NSEC_PER_MSEC;
	enum ioat_state state;

	for (;;) {
		state = chan_state(guest, chan);
		if (state != IOAT_ACTIVE || clock_ns() >= until)
			return state;
		sleep_ms(1);
	}
}

uint64_t chan_completion(struct guest *guest, unsigned int chan)
{
	return __atomic_load_n(completion(guest, chan), __ATOMIC_ACQUIRE);
}

/* Interrupts since the last call; waits @ms for the first. */
unsigned int chan_interrupts(struct guest *guest, unsigned int chan,
			     unsigned int ms)
{
	struct pollfd file = { .fd = guest->irqs[chan], .events = POLLIN };
	uint64_t n = 0;

	if (poll(&file, 1, ms) <= 0 ||
	    read(guest->irqs[chan], &n, sizeof(n)) != sizeof(n))
		return 0;
	return n;
}

struct counters chan_counters(struct guest *guest, unsigned int chan)
{
	struct channel_view view;

	channel_look(&guest->server->function.channels[chan], &view);
	return view.counters;
}
