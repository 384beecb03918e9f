// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_abuse.c - clients and guests that do what they should not: each gets an
 * error, none brings the engine down, and the next one is served.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "guest.h"
#include "tap.h"

#define RW	  (VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define ELSEWHERE 0x900000000ULL

static struct server server;
static struct guest g;

/* --- descriptors ------------------------------------------------------------------ */

static struct ioat_desc *good_desc(void)
{
	chan_copy(&g, 0, GUEST_DST, GUEST_SRC, 64);
	return (void *)(g.mem + GUEST_RINGS);
}

/* Rings the doorbell and expects bits in CHANERR. */
static void halts(uint32_t errors, const char *name)
{
	chan_doorbell(&g, 0);
	ok(chan_wait(&g, 0, 5000) == IOAT_HALTED, "%s: halted", name);
	is(chan_read(&g, 0, IOAT_CHANERR, 4), errors, name);
	chan_reset(&g, 0);
}

static void test_descriptors(void)
{
	good_desc()->size = 0;
	halts(IOAT_ERR_LENGTH, "no bytes");
	good_desc()->size = IOAT_MAX_COPY + 1;
	halts(IOAT_ERR_LENGTH, "more than the engine can copy");
	good_desc()->ctl |= 0x87000000;
	halts(IOAT_ERR_CONTROL, "an operation other than a copy");
	good_desc()->ctl |= 0x100;
	halts(IOAT_ERR_CONTROL, "a bit that means nothing here");
	good_desc()->src = ELSEWHERE;
	halts(IOAT_ERR_SRC_ADDR, "a source that is no memory");
	good_desc()->dst = ELSEWHERE;
	halts(IOAT_ERR_DEST_ADDR, "a destination that is no memory");
	good_desc()->src = UINT64_MAX - 10;
	halts(IOAT_ERR_SRC_ADDR, "a source at the end of all");
	good_desc()->dst = GUEST_BASE + GUEST_SIZE - 63;
	halts(IOAT_ERR_DEST_ADDR, "a destination that ends behind memory");
	good_desc()->src = GUEST_BASE - 1;
	halts(IOAT_ERR_SRC_ADDR, "a source that begins before memory");
}

static void test_ring_addresses(void)
{
	good_desc()->next = ELSEWHERE;
	chan_desc(&g, 0);
	halts(IOAT_ERR_NEXT_ADDR, "a next descriptor that is no memory");
	good_desc()->next += 32;
	chan_desc(&g, 0);
	halts(IOAT_ERR_DESC_ALIGN, "a next descriptor that is not aligned");
	chan_write(&g, 0, IOAT_CHAINADDR, 8, ELSEWHERE);
	chan_desc(&g, 0);
	halts(IOAT_ERR_CHAIN_ADDR, "a ring that is no memory");
	chan_write(&g, 0, IOAT_CHAINADDR, 8, GUEST_BASE + 1);
	chan_desc(&g, 0);
	halts(IOAT_ERR_CHAIN_ADDR, "a ring that is not aligned");
	chan_write(&g, 0, IOAT_CHANCMP, 8, ELSEWHERE);
	good_desc();
	halts(IOAT_ERR_COMPLETION_ADDR, "a completion that is no memory");
	chan_write(&g, 0, IOAT_CHANCMP, 8, GUEST_BASE + GUEST_CMP + 4);
	good_desc();
	halts(IOAT_ERR_COMPLETION_ADDR, "a completion that is not aligned");
	channel_set_fault(&server.function.channels[0], FAULT_HANG,
			  &(struct fault){ .nth = 1, .times = 1 });
	good_desc();
	chan_doorbell(&g, 0);
	while (!chan_counters(&g, 0).hangs)
		sleep_ms(1);
	chan_write(&g, 0, IOAT_CHAINADDR, 8, GUEST_BASE);
	halts(IOAT_ERR_CHAIN_ADDR, "a new ring for a busy channel");
}

static void test_bus_master(void)
{
	guest_command(&g, PCI_COMMAND_MEMORY);
	good_desc();
	halts(IOAT_ERR_CHAIN_ADDR, "a function that may not master the bus");
	guest_command(&g, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	memset(g.mem + GUEST_DST, 0, 64);
	memset(g.mem + GUEST_SRC, 1, 64);
	good_desc();
	chan_doorbell(&g, 0);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE && g.mem[GUEST_DST] == 1,
	   "after all that a good copy is made");
	chan_reset(&g, 0);
}

/* --- memory ------------------------------------------------------------------------- */

static void test_maps(void)
{
	uint64_t end = GUEST_BASE + GUEST_SIZE;

	is(guest_map(&g, GUEST_BASE, GUEST_SIZE, RW, g.memfd, 0), EEXIST,
	   "memory cannot be mapped twice");
	is(guest_map(&g, end - 4096, 8192, RW, g.memfd, 0), EEXIST,
	   "nor a part of it");
	is(guest_map(&g, ELSEWHERE, 0, RW, g.memfd, 0), EINVAL, "no bytes");
	is(guest_map(&g, UINT64_MAX - 4095, 8192, RW, g.memfd, 0), EINVAL,
	   "a map that wraps");
	is(guest_map(&g, ELSEWHERE, GUEST_SIZE + 4096, RW, g.memfd, 0), EINVAL,
	   "more than the file has");
	is(guest_map(&g, ELSEWHERE, 4096, RW, g.memfd, GUEST_SIZE), EINVAL,
	   "behind the end of the file");
	is(guest_map(&g, ELSEWHERE, 4096, RW, g.memfd, UINT64_MAX - 4095),
	   EINVAL, "an offset that wraps");
	is(guest_map(&g, ELSEWHERE + 8, 4096, RW, g.memfd, 0), EINVAL,
	   "an address that is not aligned");
	is(guest_map(&g, ELSEWHERE, 4096, RW, g.memfd, 12), EINVAL,
	   "an offset that is not aligned");
	is(guest_map(&g, ELSEWHERE, 4096, RW, g.irqs[0], 0), EINVAL,
	   "a file that is no memory");
	is(guest_unmap(&g, ELSEWHERE, 4096), ENOENT, "unmap of nothing");
	is(guest_unmap(&g, GUEST_BASE, 4096), ENOENT, "unmap of a part");
}

static void test_too_many_maps(void)
{
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i <= DMA_MAX_MAPS; i++)
		error = guest_map(&g, ELSEWHERE + i * 8192, 4096, RW, g.memfd,
				  0);
	is(error, ENOSPC, "too many maps");
	while (--i)
		error = guest_unmap(&g, ELSEWHERE + (i - 1) * 8192, 4096);
	is(error, 0, "they go again");
}

static void test_kinds_of_memory(void)
{
	guest_map(&g, ELSEWHERE, 4096, VFIO_DMA_MAP_FLAG_READ, g.memfd, 0);
	good_desc()->dst = ELSEWHERE;
	halts(IOAT_ERR_DEST_ADDR, "read-only memory");
	guest_unmap(&g, ELSEWHERE, 4096);
	is(guest_map(&g, ELSEWHERE, 4096, RW, -1, 0), 0,
	   "memory without a file is noted");
	good_desc()->src = ELSEWHERE;
	halts(IOAT_ERR_SRC_ADDR, "but out of reach");
	guest_unmap(&g, ELSEWHERE, 4096);
}

static void test_two_maps(void)
{
	uint64_t end = GUEST_BASE + GUEST_SIZE;

	guest_map(&g, end, 8192, RW, g.memfd, GUEST_SRC);
	for (int i = 0; i < 4096; i++)
		g.mem[GUEST_SIZE - 4096 + i] = g.mem[GUEST_SRC + i] = i * 3;
	good_desc()->src = end - 1000;
	((struct ioat_desc *)(g.mem + GUEST_RINGS))->size = 3000;
	chan_doorbell(&g, 0);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE &&
		   !memcmp(g.mem + GUEST_DST, g.mem + GUEST_SIZE - 1000,
			   1000) &&
		   !memcmp(g.mem + GUEST_DST + 1000, g.mem + GUEST_SRC, 2000),
	   "a copy from two maps");
	guest_unmap(&g, end, 8192);
	chan_reset(&g, 0);
}

/* Memory that goes away while a copy from it is on its way */
static void test_unmap_under_copy(void)
{
	struct channel *c = &server.function.channels[0];

	guest_map(&g, ELSEWHERE, 4096, RW, g.memfd, 0);
	channel_set_timing(c, offsetof(struct timing, latency_us), 50000);
	good_desc()->src = ELSEWHERE;
	chan_doorbell(&g, 0);
	is(guest_unmap(&g, ELSEWHERE, 4096), 0, "unmap under a copy");
	halts(IOAT_ERR_SRC_ADDR, "the copy fails");
	channel_set_timing(c, offsetof(struct timing, latency_us), 0);
}

/* --- messages -------------------------------------------------------------------------- */

static int ask(unsigned int command, const void *request, size_t len)
{
	return guest_ask(&g, command, request, len, NULL, 0, NULL, 0);
}

static void test_requests(void)
{
	struct vfio_irq_set set = { .argsz = sizeof(set),
				    .index = VFIO_PCI_MSIX_IRQ_INDEX,
				    .flags = VFIO_IRQ_SET_DATA_EVENTFD |
					     VFIO_IRQ_SET_ACTION_TRIGGER,
				    .start = 3,
				    .count = UINT32_MAX };
	uint32_t index[8] = { 32, 0, 9 };
	char data[4096] = { 0 };

	is(ask(99, NULL, 0), ENOTSUP, "an unknown command");
	is(ask(6, data, 16), ENOTSUP, "a command that is not supported");
	is(ask(VFIO_USER_DEVICE_GET_REGION_INFO, index, 32), EINVAL,
	   "an unknown region");
	is(ask(VFIO_USER_DEVICE_GET_IRQ_INFO, index, 16), EINVAL,
	   "an unknown kind of interrupt");
	is(ask(VFIO_USER_DEVICE_GET_IRQ_INFO, index, 8), EINVAL,
	   "a request that is too short");
	is(ask(VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set)), EINVAL,
	   "more interrupts than there are");
	set.index = 77;
	is(ask(VFIO_USER_DEVICE_SET_IRQS, &set, sizeof(set)), EINVAL,
	   "interrupts of an unknown kind");
	is(guest_access(&g, VFIO_USER_REGION_READ, 0, IOAT_BAR_SIZE - 4, 8,
			data),
	   EINVAL, "a read behind the end");
	is(guest_access(&g, VFIO_USER_REGION_READ, 7, UINT64_MAX - 1, 4, data),
	   EINVAL, "a read that wraps");
	is(guest_access(&g, VFIO_USER_REGION_WRITE, 7, CONFIG_SIZE, 1, data),
	   EINVAL, "a write behind the end");
	is(guest_access(&g, VFIO_USER_REGION_READ, 3, 0, 1, data), EINVAL,
	   "a read of a region that is not there");
	is(guest_access(&g, VFIO_USER_REGION_READ, 7, 0, 4096, data), 0,
	   "all of config space at once");
}

static void test_short_write(void)
{
	struct vfio_user_region_access access = { .region = 0, .count = 8 };

	is(ask(VFIO_USER_REGION_WRITE, &access, sizeof(access)), EINVAL,
	   "a write without its data");
	access.count = UINT32_MAX;
	is(ask(VFIO_USER_REGION_READ, &access, sizeof(access)), EINVAL,
	   "a read of 4 GiB");
}

static void test_registers(void)
{
	is(guest_read(&g, IOAT_CHANCNT, 4), 4 | IOAT_XFERCAP << 8 | 1 << 24,
	   "several registers in one read");
	is(guest_read(&g, IOAT_CBVER, 1), IOAT_VERSION, "the version");
	is(guest_read(&g, 0x7c, 8) >> 32, chan_read(&g, 0, 0, 4),
	   "a read over two windows");
	is(guest_read(&g, 0x1001, 8), 0, "nothing at an odd address");
	chan_write(&g, 3, IOAT_DCACTRL + 1, 2, 0xabcd);
	is(chan_read(&g, 3, IOAT_DCACTRL, 4), 0xabcd00, "a part of a register");
	guest_write(&g, IOAT_CBVER, 1, 0x11);
	is(guest_read(&g, IOAT_CBVER, 1), IOAT_VERSION, "a read-only register");
}

/* --- connections ------------------------------------------------------------------------ */

/* Sends bytes as they are, on a new connection, and waits for its end. */
static void closed(const void *data, size_t len, bool half, const char *name)
{
	char bytes[256];
	ssize_t got;

	guest_disconnect(&g);
	guest_connect(&g);
	send(g.fd, data, len, MSG_NOSIGNAL);
	if (half)
		shutdown(g.fd, SHUT_WR);
	/* A reply may come before the end. */
	do {
		got = recv(g.fd, bytes, sizeof(bytes), 0);
	} while (got > 0);
	is(got, 0, name);
}

static void test_streams(void)
{
	struct message_header small = { .id = 1, .command = 1, .size = 15 };
	struct message_header large = { .id = 1, .command = 1, .size = -1 };
	struct message_header reply = {
		.id = 1, .command = 1, .size = 20, .flags = 1
	};
	struct message_header early = { .id = 1, .command = 4, .size = 16 };
	struct message_header bare = { .id = 1, .command = 1, .size = 16 };
	struct {
		struct message_header header;
		struct vfio_user_version version;
	} future = { { .id = 1, .command = 1, .size = 20 }, { 1, 0 } };

	closed(&small, sizeof(small), false, "a size below the header's");
	closed(&large, sizeof(large), false, "4 GiB of message");
	closed(&reply, sizeof(reply), false, "a reply to nothing");
	closed(&early, sizeof(early), true, "no greeting");
	closed(&bare, sizeof(bare), true, "a greeting without a version");
	closed(&future, sizeof(future), true, "a version of the future");
	closed(&early, 7, true, "half a header");
	closed(&future, 18, true, "half a message");
	closed("", 0, true, "nothing at all");
}

static void test_files(void)
{
	int fds[MESSAGE_MAX_FDS], before, after;

	before = dup(0);
	close(before);
	for (int i = 0; i < MESSAGE_MAX_FDS; i++)
		fds[i] = g.memfd;
	for (int i = 0; i < 10; i++)
		guest_ask(&g, VFIO_USER_DEVICE_GET_INFO, fds, 16, fds,
			  MESSAGE_MAX_FDS, NULL, 0);
	after = dup(0);
	close(after);
	is(after, before, "files that nobody asked for are closed");
}

static void test_reconnect(void)
{
	guest_disconnect(&g);
	guest_connect(&g);
	guest_boot(&g);
	test_files();
	channel_reset_counters(&server.function.channels[0]);
	channel_set_fault(&server.function.channels[0], FAULT_HANG,
			  &(struct fault){ .nth = 1, .times = 1 });
	good_desc();
	chan_doorbell(&g, 0);
	while (!chan_counters(&g, 0).hangs)
		sleep_ms(1);
	guest_disconnect(&g);
	ok(true, "a client that goes while a channel hangs");
	is(server.function.dma.nr, 0, "its memory is forgotten");
	guest_connect(&g);
	guest_boot(&g);
	g.mem[GUEST_SRC] = 1;
	g.mem[GUEST_DST] = 0;
	good_desc();
	chan_doorbell(&g, 0);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE && g.mem[GUEST_DST] == 1,
	   "the next client is served");
}

/* --- noise ------------------------------------------------------------------------------- */

static uint64_t noise(void)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void noisy_descriptors(void)
{
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < GUEST_RING_DESCS * 8; i++) {
			uint64_t value = noise();

			/* Half of it looks like addresses. */
			if (value & 1)
				value = GUEST_BASE + (value >> 8) % GUEST_SIZE;
			memcpy(g.mem + GUEST_RINGS + i * 8, &value, 8);
		}
		g.count[0] += noise() % 8;
		chan_doorbell(&g, 0);
		chan_wait(&g, 0, 1000);
		chan_reset(&g, 0);
	}
}

static void noisy_messages(void)
{
	char data[256];

	for (int i = 0; i < 3000; i++) {
		unsigned int command = noise() % 16;

		/* These two would end the test. */
		if (command == VFIO_USER_VERSION || command == 0)
			continue;
		for (size_t n = 0; n < sizeof(data); n += 8)
			((uint64_t *)data)[n / 8] = noise() >> noise() % 64;
		ask(command, data, noise() % sizeof(data));
	}
}

static void noisy_registers(void)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };

	for (int i = 0; i < 5000; i++)
		guest_write(&g, noise() % (IOAT_WINDOW * 6), sizes[noise() % 4],
			    noise());
}

static void test_noise(void)
{
	noisy_descriptors();
	noisy_registers();
	noisy_messages();
	guest_disconnect(&g);
	guest_connect(&g);
	guest_boot(&g);
	g.mem[GUEST_SRC] = 1;
	g.mem[GUEST_DST] = 0;
	good_desc();
	chan_doorbell(&g, 0);
	ok(chan_wait(&g, 0, 5000) == IOAT_DONE && g.mem[GUEST_DST] == 1,
	   "after a lot of noise the engine works");
}

int main(void)
{
	guest_start(&g, &server);
	test_descriptors();
	test_ring_addresses();
	test_bus_master();
	test_maps();
	test_too_many_maps();
	test_kinds_of_memory();
	test_two_maps();
	test_unmap_under_copy();
	test_requests();
	test_short_write();
	test_registers();
	test_streams();
	test_reconnect();
	test_noise();
	guest_stop(&g);
	return tap_done();
}
