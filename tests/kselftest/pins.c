// SPDX-License-Identifier: GPL-2.0-only
/*
 * pins.c - shared memory into which a device writes is never copied early: a
 * read is in flight when the batch is copied, and ends before the folio's turn.
 * Or the device comes after the copy, by memfd_pin_folios().
 *
 * kselftest-timeout: 300
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <liburing.h>
#include <numaif.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "window.h"

#define PAGE   4096UL
#define LIMIT  120 /* seconds, on a busy machine */
#define PAGES  8   /* the first begins the batch, the last is read into */
#define DEVICE 0xd1

/**
 * struct read_in_flight - a read of a page that the device holds back
 * @disk: direct
 * @to: where it goes
 * @thread: waits in pread()
 * @got: what it returned
 * @ring: or the read was submitted here
 */
struct read_in_flight {
	int disk;
	char *to;
	pthread_t thread;
	ssize_t got;
	struct io_uring ring;
};

/**
 * struct pinner - a call of memfd_pin_folios()
 * @memfd: of this memory
 * @offset: from there
 * @size: bytes
 * @thread: calls
 * @tid: its number, 0 until it runs
 * @done: it has returned
 * @dmabuf: what it made of them
 */
struct pinner {
	int memfd;
	size_t offset;
	size_t size;
	pthread_t thread;
	pid_t tid;
	bool done;
	int dmabuf;
};

FIXTURE(pins)
{
	struct policy policy;
	struct window *window;
	struct counts counts;
	struct nbd nbd;
	struct mem mem;
	struct mem anon;
	struct pinner pin;
	struct read_in_flight read;
	pthread_t mover;
	ssize_t there;
};

typedef FIXTURE_DATA(pins) pins_t;

FIXTURE_SETUP(pins)
{
	self->mem.fd = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, window_start(&self->policy, &self->window));
	ASSERT_EQ(0, nbd_create(&self->nbd, MIB(4)));
	memset(self->nbd.image, DEVICE, self->nbd.size);
	ASSERT_EQ(0, nbd_start(&self->nbd));
	self->read.disk = open(NBD_DEVICE, O_RDONLY | O_DIRECT);
	ASSERT_LE(0, self->read.disk);
}

FIXTURE_TEARDOWN(pins)
{
	close(self->read.disk);
	nbd_stop(&self->nbd);
	window_stop(&self->policy, self->window);
	mem_free(&self->mem);
	setting_restore();
}

/* --- reads ------------------------------------------------------------------ */

static void *reader_main(void *arg)
{
	struct read_in_flight *r = arg;

	r->got = pread(r->disk, r->to, PAGE, PAGE);
	return NULL;
}

/* The page is pinned when the device has the request. */
static void sync_start(struct __test_metadata *_metadata, pins_t *self)
{
	struct read_in_flight *r = &self->read;

	nbd_hold(&self->nbd, PAGE, 2 * PAGE);
	ASSERT_EQ(0, pthread_create(&r->thread, NULL, reader_main, r));
	ASSERT_TRUE(nbd_wait_held(&self->nbd, PAGE));
}

static void sync_finish(struct __test_metadata *_metadata, pins_t *self)
{
	pthread_join(self->read.thread, NULL);
	EXPECT_EQ(PAGE, self->read.got);
}

static void async_start(struct __test_metadata *_metadata, pins_t *self,
			bool fixed)
{
	struct read_in_flight *r = &self->read;
	struct iovec buffer = { r->to, PAGE };
	struct io_uring_sqe *sqe;

	nbd_hold(&self->nbd, PAGE, 2 * PAGE);
	ASSERT_EQ(0, io_uring_queue_init(4, &r->ring, 0));
	sqe = io_uring_get_sqe(&r->ring);
	if (fixed) {
		ASSERT_EQ(0, io_uring_register_buffers(&r->ring, &buffer, 1));
		io_uring_prep_read_fixed(sqe, r->disk, r->to, PAGE, PAGE, 0);
	} else {
		io_uring_prep_read(sqe, r->disk, r->to, PAGE, PAGE);
	}
	ASSERT_EQ(1, io_uring_submit(&r->ring));
	ASSERT_TRUE(nbd_wait_held(&self->nbd, PAGE));
}

static void async_finish(struct __test_metadata *_metadata, pins_t *self)
{
	struct io_uring_cqe *cqe;

	nbd_answer(&self->nbd);
	ASSERT_EQ(0, io_uring_wait_cqe(&self->read.ring, &cqe));
	EXPECT_EQ(PAGE, cqe->res);
	io_uring_cqe_seen(&self->read.ring, cqe);
}

static void async_end(pins_t *self, bool fixed)
{
	if (fixed)
		io_uring_unregister_buffers(&self->read.ring);
	io_uring_queue_exit(&self->read.ring);
}

/* --- moves ------------------------------------------------------------------ */

static void *mover_main(void *arg)
{
	pins_t *self = arg;

	self->there = mem_move_pages(&self->mem, 1, false);
	return NULL;
}

/* The batch is copied then, and its folios have not had their turns. */
static void move_until_window(struct __test_metadata *_metadata, pins_t *self)
{
	ASSERT_EQ(0, counts_read(&self->counts));
	window_arm(self->window, true);
	ASSERT_EQ(0, aside_start(&self->mover, mover_main, self));
	ASSERT_TRUE(window_wait(self->window));
}

static void move_finish(struct __test_metadata *_metadata, pins_t *self)
{
	window_close(self->window);
	pthread_join(self->mover, NULL);
	window_arm(self->window, false);
	EXPECT_EQ(0, self->window->expired);
	EXPECT_EQ(0, counts_since(&self->counts));
}

static void make(struct __test_metadata *_metadata, pins_t *self,
		 enum mem_kind kind, size_t len)
{
	ASSERT_EQ(0, mem_make(&self->mem, kind, len, 0));
	self->read.to = self->mem.addr + len - PAGE;
}

/* What the device wrote is there ... */
static void expect_read(struct __test_metadata *_metadata, pins_t *self)
{
	size_t i, wrong = 0;

	for (i = 0; i < PAGE; i++)
		wrong += (unsigned char)self->read.to[i] != DEVICE;
	EXPECT_EQ(0, wrong);
	if (!__test_passed(_metadata))
		counts_print(&self->counts);
}

/* ... and all else as it was. */
static void expect_content(struct __test_metadata *_metadata, pins_t *self)
{
	EXPECT_EQ(0, mem_check_part(&self->mem, 0, self->mem.len - PAGE));
	expect_read(_metadata, self);
}

/*
 * A read is reported before its pages are let go of (blkdev_bio_end_io_async()),
 * and that may be left to a worker, so the first move may still find one held.
 */
static void expect_there(struct __test_metadata *_metadata, pins_t *self)
{
	ssize_t pages = self->mem.len / PAGE;
	int tries = 100;

	while (self->there != pages && tries--) {
		usleep(50000);
		self->there = mem_move_pages(&self->mem, 1, false);
	}
	EXPECT_EQ(pages, self->there);
}

/* The last folio was held back, the others were not. */
static void expect_held(struct __test_metadata *_metadata, pins_t *self)
{
	EXPECT_EQ(1, EV(&self->counts, held_refs));
	EXPECT_LE(PAGES - 1, EV(&self->counts, pages_used));
	expect_content(_metadata, self);
}

TEST_F_TIMEOUT(pins, direct_read, LIMIT)
{
	make(_metadata, self, MEM_SHMEM, PAGES * PAGE);
	async_start(_metadata, self, false);
	move_until_window(_metadata, self);
	async_finish(_metadata, self);
	move_finish(_metadata, self);
	async_end(self, false);
	expect_held(_metadata, self);
	expect_there(_metadata, self);
}

/* pread() wants the folio's lock in the end, so it waits for the migration. */
TEST_F_TIMEOUT(pins, direct_read_sync, LIMIT)
{
	make(_metadata, self, MEM_SHMEM, PAGES * PAGE);
	sync_start(_metadata, self);
	move_until_window(_metadata, self);
	nbd_answer(&self->nbd);
	move_finish(_metadata, self);
	sync_finish(_metadata, self);
	expect_held(_metadata, self);
}

TEST_F_TIMEOUT(pins, fixed_buffer, LIMIT)
{
	make(_metadata, self, MEM_SHMEM, PAGES * PAGE);
	async_start(_metadata, self, true);
	move_until_window(_metadata, self);
	async_finish(_metadata, self);
	async_end(self, true);
	move_finish(_metadata, self);
	expect_held(_metadata, self);
	expect_there(_metadata, self);
}

/* As long as the buffer is registered its folio stays where it is. */
TEST_F_TIMEOUT(pins, fixed_buffer_stays, LIMIT)
{
	make(_metadata, self, MEM_SHMEM, PAGES * PAGE);
	async_start(_metadata, self, true);
	move_until_window(_metadata, self);
	async_finish(_metadata, self);
	move_finish(_metadata, self);
	expect_held(_metadata, self);
	EXPECT_EQ(PAGES - 1, self->there);
	async_end(self, true);
	expect_content(_metadata, self);
}

/* hugetlb folios are batches of their own: this one begins when that one ends. */
TEST_F_TIMEOUT(pins, hugetlb, LIMIT)
{
	ASSERT_EQ(0, hugetlb_pool(4));
	make(_metadata, self, MEM_HUGETLB_SHARED, MIB(4));
	async_start(_metadata, self, false);
	move_until_window(_metadata, self);
	async_finish(_metadata, self);
	move_finish(_metadata, self);
	async_end(self, false);
	expect_content(_metadata, self);
	expect_there(_metadata, self);
}

TEST_F_TIMEOUT(pins, hugetlb_stays, LIMIT)
{
	ASSERT_EQ(0, hugetlb_pool(4));
	make(_metadata, self, MEM_HUGETLB_SHARED, MIB(4));
	async_start(_metadata, self, false);
	move_until_window(_metadata, self);
	move_finish(_metadata, self);
	EXPECT_EQ(MIB(2) / PAGE, self->there);
	async_finish(_metadata, self);
	async_end(self, false);
	expect_content(_metadata, self);
}

/* --- memfd_pin_folios(), as udmabuf calls it ---------------------------------- */

#define PIN_WAIT_MS 60000

static void *pin_main(void *arg)
{
	struct pinner *pin = arg;
	struct udmabuf_create create = {
		.memfd = pin->memfd,
		.offset = pin->offset,
		.size = pin->size,
	};
	int dev = open("/dev/udmabuf", O_RDWR);

	__atomic_store_n(&pin->tid, gettid(), __ATOMIC_SEQ_CST);
	pin->dmabuf = ioctl(dev, UDMABUF_CREATE, &create);
	close(dev);
	__atomic_store_n(&pin->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* From @offset to the end. */
static void pin_start(struct __test_metadata *_metadata, pins_t *self,
		      size_t offset)
{
	struct pinner *pin = &self->pin;

	*pin = (struct pinner){ .memfd = self->mem.fd,
				.offset = offset,
				.size = self->mem.len - offset,
				.dmabuf = -1 };
	ASSERT_EQ(0, fcntl(pin->memfd, F_ADD_SEALS, F_SEAL_SHRINK));
	ASSERT_EQ(0, pthread_create(&pin->thread, NULL, pin_main, pin));
}

static bool pin_done(const struct pinner *pin)
{
	return __atomic_load_n(&pin->done, __ATOMIC_SEQ_CST);
}

/* In folio_wait_bit_common(), called by folio_lock(). */
static bool pin_waits_for_lock(const struct pinner *pin)
{
	pid_t tid = __atomic_load_n(&pin->tid, __ATOMIC_SEQ_CST);
	char path[64], stack[4096];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stack", tid);
	f = tid ? fopen(path, "r") : NULL;
	if (!f)
		return false;
	stack[fread(stack, 1, sizeof(stack) - 1, f)] = '\0';
	fclose(f);
	return strstr(stack, "folio_wait_bit") && strstr(stack, "memfd_pin");
}

/*
 * Whether the folio can be pinned while it is locked for the migration. Kernels
 * since 6.12.118 take its lock, and so wait for the end of it.
 */
static bool pin_beside(struct __test_metadata *_metadata, pins_t *self)
{
	const struct pinner *pin = &self->pin;
	int ms;

	for (ms = 0; ms < PIN_WAIT_MS && !pin_done(pin); ms++) {
		if (pin_waits_for_lock(pin)) {
			note("memfd_pin_folios() waits for the folio's lock");
			return false;
		}
		usleep(1000);
	}
	EXPECT_TRUE(pin_done(pin));
	return true;
}

/* What is written to it needs no page table of ours. */
static void dmabuf_write(struct __test_metadata *_metadata, pins_t *self)
{
	struct pinner *pin = &self->pin;
	void *p;

	pthread_join(pin->thread, NULL);
	ASSERT_LE(0, pin->dmabuf);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, pin->dmabuf,
		 pin->size - PAGE);
	ASSERT_NE(MAP_FAILED, p);
	memset(p, DEVICE, PAGE);
	munmap(p, PAGE);
}

static void write_and_unpin(struct __test_metadata *_metadata, pins_t *self)
{
	dmabuf_write(_metadata, self);
	close(self->pin.dmabuf);
}

/* Pins, writes and unpins, all while the folio is locked, if it can. */
static bool pin_and_finish(struct __test_metadata *_metadata, pins_t *self)
{
	bool beside = pin_beside(_metadata, self);

	if (beside)
		write_and_unpin(_metadata, self);
	move_finish(_metadata, self);
	if (!beside)
		write_and_unpin(_metadata, self);
	return beside;
}

/*
 * The references say nothing afterwards. Who waits for the lock has one: so the
 * last folio stays at first.
 */
TEST_F_TIMEOUT(pins, memfd_pin, LIMIT)
{
	bool beside;

	make(_metadata, self, MEM_SHMEM, PAGES * PAGE);
	move_until_window(_metadata, self);
	pin_start(_metadata, self, self->mem.len - PAGE);
	beside = pin_and_finish(_metadata, self);
	expect_content(_metadata, self);
	EXPECT_EQ(PAGES, EV(&self->counts, pages_copied));
	EXPECT_EQ(PAGES - !beside, EV(&self->counts, pages_kernel));
	expect_there(_metadata, self);
}

TEST_F_TIMEOUT(pins, memfd_pin_stays, LIMIT)
{
	make(_metadata, self, MEM_SHMEM, PAGES * PAGE);
	move_until_window(_metadata, self);
	pin_start(_metadata, self, self->mem.len - PAGE);
	pin_beside(_metadata, self);
	move_finish(_metadata, self);
	EXPECT_EQ(PAGES - 1, self->there);
	dmabuf_write(_metadata, self);
	expect_content(_metadata, self);
	close(self->pin.dmabuf);
	EXPECT_EQ(PAGES, mem_move_all(&self->mem, 1, false));
	expect_content(_metadata, self);
}

/* It allocates a hole of this size first, and then comes to the page behind it. */
static bool is_pinning(const pins_t *self)
{
	struct stat st;
	int ms;

	for (ms = 0; ms < PIN_WAIT_MS; ms++) {
		if (!fstat(self->mem.fd, &st) && st.st_blocks > 64)
			return true;
		usleep(1000);
	}
	return false;
}

/* A page that nobody pins begins the batch. */
static void *two_main(void *arg)
{
	pins_t *self = arg;
	void *pages[] = { self->anon.addr, self->read.to };
	int nodes[] = { 1, 1 }, status[2];

	self->there = move_pages(0, 2, pages, nodes, status, MPOL_MF_MOVE);
	return NULL;
}

/* The call is under way when the batch is copied, and then comes to the page. */
TEST_F_TIMEOUT(pins, memfd_pin_under_way, LIMIT)
{
	ASSERT_EQ(0, mem_make(&self->anon, MEM_ANON, PAGE, 0));
	ASSERT_EQ(0, mem_map(&self->mem, MEM_SHMEM, MIB(32)));
	self->read.to = self->mem.addr + self->mem.len - PAGE;
	ASSERT_EQ(0, node_bind(0));
	memset(self->read.to, 0, PAGE);
	ASSERT_EQ(0, counts_read(&self->counts));
	pin_start(_metadata, self, 0);
	ASSERT_TRUE(is_pinning(self));
	window_arm(self->window, true);
	ASSERT_EQ(0, aside_start(&self->mover, two_main, self));
	ASSERT_TRUE(window_wait(self->window));
	pin_and_finish(_metadata, self);
	expect_read(_metadata, self);
	EXPECT_EQ(1, EV(&self->counts, held_refs));
	EXPECT_EQ(0, mem_check(&self->anon));
	mem_free(&self->anon);
}

/* Its window is between the kernel's check and the end of the move. */
TEST_F_TIMEOUT(pins, memfd_pin_hugetlb, LIMIT)
{
	bool beside;

	ASSERT_EQ(0, hugetlb_pool(4));
	make(_metadata, self, MEM_HUGETLB_SHARED, MIB(2));
	move_until_window(_metadata, self);
	pin_start(_metadata, self, self->mem.len - PAGE);
	beside = pin_and_finish(_metadata, self);
	expect_content(_metadata, self);
	if (beside) {
		EXPECT_EQ(MIB(2) / PAGE, EV(&self->counts, pages_kernel));
		EXPECT_EQ(MIB(2) / PAGE, self->there);
	}
	expect_there(_metadata, self);
}

TEST_HARNESS_MAIN
