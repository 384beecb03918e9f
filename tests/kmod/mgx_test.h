/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_test.h - what the test-only module mgx_test.ko and the tests share.
 *
 * The module calls migrate_pages() with exactly the folios a test names, in
 * their order, so that what happens by chance on a busy machine happens each
 * time: a folio that does not unmap, one that is refused and then not, a
 * destination that is given back, a call within a call.
 */
#ifndef _MGX_TEST_H
#define _MGX_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MGXT_DEVICE	"/dev/mgx_test"
#define MGXT_MAX_FOLIOS 512

/*
 * What is special about a folio.
 *
 * LOCKED: somebody has its lock until a second destination is asked for
 * PINNED: somebody has a reference, until a MGXT_FILE_ALONE folio has moved,
 *	or the end
 * NOMEM: there is no destination for it
 * NEST: before it gets a destination, the folios with INNER are migrated
 * INNER: see NEST
 * POISON: reading it ends as a machine check does
 * DEVICE_PAGE: none of a file, but a page that its owner moves (movable_ops), any;
 *	@fd and @index do not matter
 */
#define MGXT_LOCKED	 0x01
#define MGXT_PINNED	 0x02
#define MGXT_NOMEM	 0x04
#define MGXT_NEST	 0x08
#define MGXT_INNER	 0x10
#define MGXT_POISON	 0x20
#define MGXT_DEVICE_PAGE 0x40

/**
 * struct mgxt_folio - a folio of a file's page cache (4 KiB)
 * @fd: file, block device, or what MGXT_FILE returned
 * @flags: MGXT_LOCKED etc.
 * @index: page of the file
 * @node: out: where it is after the call
 */
struct mgxt_folio {
	__s32 fd;
	__u32 flags;
	__u64 index;
	__s32 node;
	__u32 reserved;
};

#define MGXT_NO_PUT  0x01 /* pass no put_new_folio() */
#define MGXT_DRAINED 0x02 /* new files only: do not wait for every CPU */

/**
 * struct mgxt_call - a call of migrate_pages()
 * @folios: address of &struct mgxt_folio
 * @nr: how many
 * @node: where to
 * @mode: enum migrate_mode of the kernel
 * @flags: MGXT_NO_PUT, MGXT_DRAINED
 * @rc: out: what it returned
 * @succeeded: out: base pages migrated, by its own account
 * @inner_rc: out: what the nested call returned
 * @given: out: destinations it got
 * @back: out: destinations it gave back
 * @spoiled: out: of these, how many were written to
 */
struct mgxt_call {
	__u64 folios;
	__u32 nr;
	__s32 node;
	__u32 mode;
	__u32 flags;
	__s32 rc;
	__u32 succeeded;
	__s32 inner_rc;
	__u32 given;
	__u32 back;
	__u32 spoiled;
};

/**
 * enum mgxt_file_kind - files with a migrate_folio() of their own
 * @MGXT_FILE_LOCK: it takes a lock, under which write() changes the content
 *	without the folio's lock
 * @MGXT_FILE_ALONE: it copies without folio_mc_copy(), as the ring of aio
 *	does; then the owner changes the new folio, and lets go of MGXT_PINNED
 * @MGXT_FILE_REFUSE: it always returns -EBUSY
 * @MGXT_FILE_WAIT: it waits for MGXT_GO, at most MGXT_WAIT_S seconds
 * @MGXT_FILE_INACCESSIBLE: not its own, but the mapping is inaccessible
 * @MGXT_FILE_DIRECTORY: not its own, but the inode is a directory, whose content
 *	write() changes without the folio's lock, as AFS of 6.12 does
 * @MGXT_FILE_DEVICE: the same, of a block device, as btrfs does
 */
enum mgxt_file_kind {
	MGXT_FILE_LOCK,
	MGXT_FILE_ALONE,
	MGXT_FILE_REFUSE,
	MGXT_FILE_WAIT,
	MGXT_FILE_INACCESSIBLE,
	MGXT_FILE_DIRECTORY,
	MGXT_FILE_DEVICE,
};

/* What the owner of a MGXT_FILE_ALONE folio writes to all of it. */
#define MGXT_OWNERS_BYTE 0x77

#define MGXT_WAIT_S 60

struct mgxt_file {
	__u32 kind;
	__u32 pages;
};

#define MGXT_MIGRATE   _IOWR('M', 1, struct mgxt_call)
#define MGXT_FILE      _IOW('M', 2, struct mgxt_file) /* returns an fd */
#define MGXT_POISON_ON _IO('M', 3) /* copies survive bad memory from now on */
#define MGXT_ARRIVED   _IO('M', 4) /* waits until a MGXT_FILE_WAIT folio waits */
#define MGXT_GO	       _IO('M', 5) /* lets it go */
#define MGXT_DMA_GET   _IO('M', 6) /* asks dmaengine for shared channels */
#define MGXT_DMA_PUT   _IO('M', 7) /* does not need them any more */

#endif /* _MGX_TEST_H */
