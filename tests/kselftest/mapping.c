// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapping.c - folios of a mapping whose migrate_folio() is its own are copied
 * at their turn, by the kernel: their content may change under locks that only
 * this function knows. So are those of directories and block devices, which AFS
 * of 6.12 and btrfs write to without the folios' locks. And folios that nobody may
 * read early are not read.
 *
 * kselftest-timeout: 300
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "kselftest_harness.h"
#include "window.h"

#define PAGE  4096UL
#define LIMIT 120 /* seconds, on a busy machine */
#define PAGES 4
#define NEW   0x42

FIXTURE(mapping)
{
	struct policy policy;
	struct window *window;
	struct counts counts;
	struct directed directed;
	struct mem mem;
	pthread_t mover;
	int file;
	int moved;
};

typedef FIXTURE_DATA(mapping) mapping_t;

FIXTURE_SETUP(mapping)
{
	self->mem.fd = -1;
	self->file = -1;
	ASSERT_EQ(0, setting_quiet());
	ASSERT_EQ(0, directed_open(&self->directed));
	ASSERT_EQ(0, window_start(&self->policy, &self->window));
	ASSERT_EQ(0, mem_make(&self->mem, MEM_SHMEM, PAGES * PAGE, 0));
	ASSERT_EQ(0, counts_read(&self->counts));
}

FIXTURE_TEARDOWN(mapping)
{
	window_stop(&self->policy, self->window);
	close(self->file);
	directed_close(&self->directed);
	mem_free(&self->mem);
	setting_restore();
}

static void file_make(struct __test_metadata *_metadata, mapping_t *self,
		      enum mgxt_file_kind kind)
{
	self->file = directed_file(&self->directed, kind, PAGES);
	ASSERT_LE(0, self->file);
}

/* The shared memory begins the batch. */
static void add_all(mapping_t *self)
{
	int i;

	directed_add(&self->directed, self->mem.fd, 0, 0);
	for (i = 0; i < PAGES; i++)
		directed_add(&self->directed, self->file, i, 0);
	for (i = 1; i < PAGES; i++)
		directed_add(&self->directed, self->mem.fd, i, 0);
}

static int pages_moved(const mapping_t *self, int fd)
{
	const struct directed *d = &self->directed;
	unsigned int i;
	int nr = 0;

	for (i = 0; i < d->call.nr; i++)
		nr += d->folio[i].fd == fd && d->folio[i].node == d->call.node;
	return nr;
}

static bool page_is(int fd, int index, int byte)
{
	unsigned char page[PAGE];
	size_t i;

	if (pread(fd, page, PAGE, index * PAGE) != PAGE)
		return false;
	for (i = 0; i < PAGE; i++)
		if (page[i] != byte)
			return false;
	return true;
}

static void *mover_main(void *arg)
{
	mapping_t *self = arg;

	self->moved = directed_run(&self->directed);
	return NULL;
}

/* Its content changes between the copy of the batch and its turn. */
static void changes(struct __test_metadata *_metadata, mapping_t *self,
		    enum mgxt_file_kind kind)
{
	char page[PAGE];
	int i;

	file_make(_metadata, self, kind);
	add_all(self);
	memset(page, NEW, PAGE);
	window_arm(self->window, true);
	ASSERT_EQ(0, aside_start(&self->mover, mover_main, self));
	ASSERT_TRUE(window_wait(self->window));
	for (i = 0; i < PAGES; i++)
		EXPECT_EQ(PAGE, pwrite(self->file, page, PAGE, i * PAGE));
	window_close(self->window);
	pthread_join(self->mover, NULL);
	window_arm(self->window, false);
	EXPECT_EQ(0, self->moved);
	EXPECT_EQ(0, self->window->expired);
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(PAGES, EV(&self->counts, held_mapping));
	EXPECT_EQ(PAGES, EV(&self->counts, pages_used));
	EXPECT_EQ(PAGES, EV(&self->counts, pages_kernel));
	EXPECT_EQ(PAGES, pages_moved(self, self->file));
	for (i = 0; i < PAGES; i++)
		EXPECT_TRUE(page_is(self->file, i, NEW));
	EXPECT_EQ(0, mem_check(&self->mem));
}

TEST_F_TIMEOUT(mapping, content_changes, LIMIT)
{
	changes(_metadata, self, MGXT_FILE_LOCK);
}

TEST_F_TIMEOUT(mapping, directory_changes, LIMIT)
{
	changes(_metadata, self, MGXT_FILE_DIRECTORY);
}

TEST_F_TIMEOUT(mapping, device_changes, LIMIT)
{
	changes(_metadata, self, MGXT_FILE_DEVICE);
}

/* Its turn is no reason to copy others, under whatever lock it has. */
TEST_F_TIMEOUT(mapping, turn_begins_nothing, LIMIT)
{
	int i;

	file_make(_metadata, self, MGXT_FILE_LOCK);
	for (i = 0; i < PAGES; i++)
		directed_add(&self->directed, self->file, i, 0);
	ASSERT_EQ(0, directed_run(&self->directed));
	EXPECT_EQ(PAGES, pages_moved(self, self->file));
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(0, EV(&self->counts, batches));
	EXPECT_EQ(PAGES, EV(&self->counts, pages_kernel));
	/* Nor was one gathered in vain. */
	EXPECT_EQ(0, EV(&self->counts, held_mapping));
}

/* The kernel refuses it at its turn; until then nobody has looked at it. */
TEST_F_TIMEOUT(mapping, inaccessible, LIMIT)
{
	file_make(_metadata, self, MGXT_FILE_INACCESSIBLE);
	add_all(self);
	ASSERT_EQ(0, directed_run(&self->directed));
	EXPECT_EQ(PAGES, self->directed.call.rc);
	EXPECT_EQ(0, pages_moved(self, self->file));
	EXPECT_EQ(PAGES, pages_moved(self, self->mem.fd));
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(PAGES, EV(&self->counts, held_inaccessible));
	EXPECT_EQ(PAGES, EV(&self->counts, pages_copied));
	EXPECT_EQ(0, mem_check(&self->mem));
}

/* ext4's migrate_folio() locks buffers: stock code with the same duty. */
TEST_F_TIMEOUT(mapping, ext4, LIMIT)
{
	const char *dir = disk_ext4();
	struct mem file;
	char path[128];

	ASSERT_NE(NULL, dir);
	snprintf(path, sizeof(path), "%s/mapping", dir);
	ASSERT_EQ(0, mem_map_file(&file, path, PAGE));
	ASSERT_EQ(0, node_bind(0));
	mem_fill(&file, 7);
	ASSERT_EQ(0, node_bind(-1));
	ASSERT_EQ(0, fsync(file.fd));
	directed_add(&self->directed, self->mem.fd, 0, 0);
	directed_add(&self->directed, file.fd, 0, 0);
	ASSERT_EQ(0, directed_run(&self->directed));
	EXPECT_EQ(2, self->directed.call.succeeded);
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, held_mapping));
	EXPECT_EQ(1, EV(&self->counts, pages_used));
	EXPECT_EQ(0, mem_check(&file));
	mem_free(&file);
	unlink(path);
}

#define ZRAM	  "/dev/zram0"
#define ZRAM_SIZE MIB(1)

/* Incompressible, so that each page of it is one of zsmalloc. */
static int zram_fill(char *data)
{
	int fd, rc = -1, random = open("/dev/urandom", O_RDONLY);

	if (system("modprobe zram num_devices=1") ||
	    file_write("/sys/block/zram0/disksize", "4M"))
		return -1;
	fd = open(ZRAM, O_RDWR | O_DIRECT);
	if (read(random, data, ZRAM_SIZE) == ZRAM_SIZE &&
	    pwrite(fd, data, ZRAM_SIZE, 0) == ZRAM_SIZE)
		rc = 0;
	close(fd);
	close(random);
	return rc;
}

static int zram_compare(const char *data, char *buf)
{
	int rc = -1, fd = open(ZRAM, O_RDONLY | O_DIRECT);

	if (pread(fd, buf, ZRAM_SIZE, 0) == ZRAM_SIZE)
		rc = memcmp(data, buf, ZRAM_SIZE);
	close(fd);
	return rc;
}

/* zsmalloc moves its pages itself; they come in the same lists. */
TEST_F_TIMEOUT(mapping, movable_ops, LIMIT)
{
	struct mem data;

	ASSERT_EQ(0, mem_map(&data, MEM_ANON, 2 * ZRAM_SIZE));
	ASSERT_EQ(0, node_bind(0));
	ASSERT_EQ(0, zram_fill(data.addr));
	ASSERT_EQ(0, node_bind(-1));
	directed_add(&self->directed, self->mem.fd, 0, 0);
	directed_add(&self->directed, -1, 0, MGXT_DEVICE_PAGE);
	directed_add(&self->directed, self->mem.fd, 1, 0);
	ASSERT_EQ(0, directed_run(&self->directed));
	EXPECT_EQ(3, self->directed.call.succeeded);
	EXPECT_EQ(0, counts_since(&self->counts));
	EXPECT_EQ(1, EV(&self->counts, held_device));
	EXPECT_EQ(2, EV(&self->counts, pages_used));
	EXPECT_EQ(0, zram_compare(data.addr, data.addr + ZRAM_SIZE));
	EXPECT_EQ(0, mem_check(&self->mem));
	mem_free(&data);
	EXPECT_EQ(0, system("rmmod zram"));
}

TEST_HARNESS_MAIN
