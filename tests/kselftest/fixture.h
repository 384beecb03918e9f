/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixture.h - what the kselftests share: policies, counters, memory of a known
 * pattern, ways to migrate it, settings of the machine, disks.
 *
 * Nothing here knows the test harness: functions return 0 or a negative errno
 * unless they say otherwise, and print the cause of a failure as a TAP comment.
 */
#ifndef _MGX_FIXTURE_H
#define _MGX_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../kmod/mgx_test.h"
#include "migrate_ext.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define KIB(n)	     ((size_t)(n) << 10)
#define MIB(n)	     ((size_t)(n) << 20)

/* A TAP comment. */
#define note(fmt, ...) \
	(printf("# " fmt "\n", ##__VA_ARGS__), (void)fflush(stdout))

/* --- lib/policy.c: policies, attached by this process ---------------------- */

struct bpf_object;
struct bpf_map;
struct bpf_link;

/**
 * struct policy - a policy object of build/bpf or build/kselftest/bpf
 * @obj: the object
 * @ops: its struct mgx_ops; NULL if there is none, but other programs
 * @link: NULL while it is not attached
 */
struct policy {
	struct bpf_object *obj;
	struct bpf_map *ops;
	struct bpf_link *link;
};

/* NAME for NAME.bpf.o. policy_open(), set read-only data, policy_load(). */
int policy_open(struct policy *p, const char *name);
/* The .rodata of an opened policy that has one variable there; or NULL. */
void *policy_rodata(struct policy *p, size_t *size);
/* Setting @name (MGX_SETTING) of an opened policy, in its own size. */
int policy_set(struct policy *p, const char *name, uint64_t value);
/* Member @name of its struct mgx_ops, a number; before policy_load(). */
int policy_ops_set(struct policy *p, const char *name, uint64_t value);
/* Of an object with several struct mgx_ops: this one, the others stay out. */
int policy_only(struct policy *p, const char *ops);
int policy_load(struct policy *p);
int policy_attach(struct policy *p);
/* @to, loaded, takes the place (and the link) of @p. */
int policy_swap(struct policy *p, struct policy *to);
/* Returns when its exit() has run and, for the last one, the hooks are idle. */
void policy_detach(struct policy *p);
void policy_close(struct policy *p);
/* All of it: open, load, attach. A NULL name is no policy, and no error. */
int policy_start(struct policy *p, const char *name);
/* Element @key of the array map @map of u64; ~0 if there is none. */
uint64_t policy_count(struct policy *p, const char *map, uint32_t key);
/* Sum over the CPUs of the mgx_stats of @reason (mgx_policy.h). */
struct mgx_policy_stat;
int policy_stat(struct policy *p, uint32_t reason, struct mgx_policy_stat *sum);

/* --- lib/counts.c: /sys/kernel/migrate_ext ---------------------------------- */

/**
 * struct counts - all counters of the module
 * @ev: by enum mgx_event
 * @reason: base pages batched, by enum mgx_reason
 */
struct counts {
	uint64_t ev[MGX_NR_EVENTS];
	uint64_t reason[MGX_NR_REASONS];
};

#define EV(counts, name) ((counts)->ev[MGX_EV_##name])

extern const char *const event_names[MGX_NR_EVENTS];
extern const char *const reason_names[MGX_NR_REASONS];

int counts_read(struct counts *c);
/* @since becomes what was counted since it was read. */
int counts_since(struct counts *since);
void counts_print(const struct counts *c);
/* A file of /sys/kernel/migrate_ext, without its newline. */
int mgx_read(const char *file, char *buf, size_t len);
bool mgx_is(const char *file, const char *value);
/* Waits until it is; false after @ms milliseconds. */
bool mgx_wait(const char *file, const char *value, unsigned int ms);

/* --- lib/memory.c: memory whose every byte is known ------------------------- */

enum mem_kind {
	MEM_ANON,	    /* 4-KiB pages */
	MEM_MTHP,	    /* 64-KiB folios */
	MEM_THP,	    /* 2-MiB folios */
	MEM_SHMEM,	    /* shared memfd */
	MEM_SHMEM_THP,	    /* shared memfd of 2-MiB folios */
	MEM_HUGETLB,	    /* private 2-MiB pages */
	MEM_GIGANTIC,	    /* private 1-GiB pages */
	MEM_HUGETLB_SHARED, /* shared memfd of 2-MiB pages */
	MEM_FILE,	    /* shared mapping of a file, see mem_map_file() */
};

/**
 * struct mem - memory whose 8-byte words are known
 * @addr: where
 * @len: bytes
 * @seed: what its words, but for their place, are made of
 * @pass: what was added to each word, see mem_writer_start()
 * @unit: bytes of its folios
 * @fd: of a memfd or file, or -1
 */
struct mem {
	char *addr;
	size_t len;
	uint64_t seed;
	uint64_t pass;
	size_t unit;
	int fd;
};

/* -EOPNOTSUPP: this kernel does not have such memory. */
int mem_map(struct mem *m, enum mem_kind kind, size_t len);
int mem_map_file(struct mem *m, const char *path, size_t len);
/* Maps and fills it on @node; the settings of THP it needs stay changed. */
int mem_make(struct mem *m, enum mem_kind kind, size_t len, int node);
void mem_free(struct mem *m);
void mem_fill(struct mem *m, uint64_t seed);
/* Number of wrong words; describes the first ones. */
size_t mem_check(const struct mem *m);
size_t mem_check_part(const struct mem *m, size_t start, size_t len);
/* Are its folios really of @unit bytes? Looks at all, by /proc/kpageflags. */
bool mem_is_large(const struct mem *m);

/**
 * struct mem_writer - a thread that adds 1 to word after word of a mem
 *
 * Each word is checked before it is written, so a lost update is seen at the
 * next pass and counted. mem_writer_stop() ends at a full pass, puts the
 * passes into the mem, and mem_check() then knows all words again.
 */
struct mem_writer {
	pthread_t thread;
	struct mem *mem;
	atomic_bool stop;
	uint64_t passes;
	size_t wrong;
};

int mem_writer_start(struct mem_writer *w, struct mem *m);
/* Returns the number of wrong words it saw. */
size_t mem_writer_stop(struct mem_writer *w);

/* --- lib/node.c: where pages are, and ways to move them --------------------- */

int node_of(const void *addr); /* or a negative errno */
/* Base pages of @m that are mapped and on @node. */
size_t mem_on_node(const struct mem *m, int node);
/*
 * One system call each; they return the base pages that are on @node then, or
 * a negative errno. @all moves pages that other processes map as well.
 */
ssize_t mem_move_pages(struct mem *m, int node, bool all);
/*
 * Until all are there: somebody may look at a page for a moment (a batch of the
 * LRU, writeback that has been told to stop), longer on a busy machine; a folio
 * of a file may have been split, and is mapped again then. 5 s.
 */
ssize_t mem_move_all(struct mem *m, int node, bool all);
ssize_t mem_mbind(struct mem *m, int node);
/* migrate_pages(2) of this process, from one node to the other. */
int process_migrate(int from, int to);
/* Binds what is allocated by this thread to a node; -1 undoes it. */
int node_bind(int node);
int node_run_on(int node); /* this thread's CPUs; -1: all */
/* State of a memory block: "offline", "online", "online_movable". */
int mem_block_set(int block, const char *state);
/*
 * A block that holds nothing the kernel cannot move, in a zone where it will
 * not put such things, and which is used before others. -1: there is none.
 */
int mem_block_movable(void);
/* A node that others are demoted to, or -ENOENT: see MGX_TIERS of vm.sh. */
int node_lower_tier(void);

/* --- lib/setting.c: files of /proc and /sys that a test changes ------------- */

/*
 * Writes @value; undone, latest first, by setting_restore(), which a test calls
 * in its teardown.
 */
int setting_set(const char *path, const char *value);
int setting_set_u64(const char *path, uint64_t value);
void setting_restore(void);
int file_read(const char *path, char *buf, size_t len); /* without newline */
bool file_has(const char *path, const char *text); /* in the first 64 KiB */
int file_write(const char *path, const char *value);
int64_t file_read_s64(const char *path); /* or a negative errno */
/* A line "NAME value" of /proc/vmstat, /proc/meminfo (in KiB), memory.stat. */
uint64_t table_read(const char *path, const char *name);

/* 2-MiB huge pages in the pool of each node. */
int hugetlb_pool(unsigned int per_node);
/* Likewise of 1 GiB each. */
int gigantic_pool(unsigned int per_node);
/* Nobody but the test migrates: no NUMA balancing, no proactive compaction. */
int setting_quiet(void);

/* --- lib/disk.c: the guest's disks ------------------------------------------- */

/* ext4 on /dev/vda; returns its mount point, or NULL. Made if need be. */
const char *disk_ext4(void);
/* Swap on /dev/vdb, on or off. */
int disk_swap(bool on);

/* --- lib/load.c: migrations that never end ------------------------------------ */

/**
 * struct load - threads that move a buffer each to and fro
 *
 * Half of the buffers are written to all the time (struct mem_writer), half
 * keep their pattern; load_stop() verifies every byte of all.
 */
struct load;

/* @threads buffers of @len bytes. NULL: see the comment printed. */
struct load *load_start(unsigned int threads, size_t len);
/* Base pages moved so far. */
uint64_t load_moved(const struct load *l);
/* Wrong words in all buffers; frees @l. */
size_t load_stop(struct load *l);

/* --- lib/module.c: the module itself ------------------------------------------- */

/* migrate_ext.ko of the running kernel: a copy of that in build/<release>. */
const char *module_path(void);
/* Another module from there, without ".ko"; to be used before the next call. */
const char *module_path_of(const char *name);
int module_insert(const char *path, const char *params);
int module_remove_now(void);
/* Waits for what was closed: BPF frees maps, which hold the module, later. */
int module_remove(void);
int module_anew(const char *params);
/* Another one, also one that somebody holds for a moment. */
int module_remove_of(const char *name);
bool module_loaded(void);
/* What the kernel logged since dmesg_mark(), once a mark; to be freed. */
int dmesg_mark(void);
char *dmesg_since(int mark);

/* --- lib/sim.c: simulated engines, and channels -------------------------------- */

#define SIM_SLOTS 8
#define MGX_PARAM "/sys/module/migrate_ext/parameters/"

/**
 * struct sims - the engines of mgx_sim.ko
 * @nr: slots, 0 to @nr - 1
 * @dma: the channels that are used are those of dmaengine, not the native ones
 * @id: channel of each slot
 */
struct sims {
	unsigned int nr;
	bool dma;
	int id[SIM_SLOTS];
};

int sims_start(struct sims *s, unsigned int nr, bool dma);
/* Finds the channels anew, when one was plugged in. */
int sims_find(struct sims *s);
/* Gives the channels back and removes mgx_sim.ko, also one left over. */
int sims_stop(void);
/* A file below /sys/kernel/mgx_sim/<slot>/. */
int sim_set(unsigned int slot, const char *file, uint64_t value);
int64_t sim_get(unsigned int slot, const char *file);
bool sim_wait(unsigned int slot, const char *file, int64_t at_least,
	      unsigned int ms);
/* Sum over all slots. */
uint64_t sims_sum(const struct sims *s, const char *file);

/* A file below /sys/kernel/migrate_ext/channels/<id>/. */
int channel_set(int id, const char *file, const char *value);
int64_t channel_get(int id, const char *file);
bool channel_is(int id, const char *file, const char *value);
bool channel_wait(int id, const char *file, const char *value, unsigned int ms);
int channel_find(const char *name); /* or -ENOENT */
/* Until there is a channel of that name, or none any more. */
bool channel_wait_there(const char *name, bool there, unsigned int ms);
/* One helper thread a node, by new channels, with the lowest ids. */
int helpers_reset(void);

/**
 * struct roundrobin - settings of mgx_roundrobin
 */
struct roundrobin {
	unsigned int first;
	unsigned int last;
	unsigned int width;
	unsigned int chunk;
	bool free_cpu;
};

int roundrobin_start(struct policy *p, const struct roundrobin *r);
/* Opened and loaded only. */
int roundrobin_load(struct policy *p, const struct roundrobin *r);
/* All channels of @s for each batch, pieces of 64 KiB. */
int roundrobin_sims(struct policy *p, const struct sims *s, bool free_cpu);
/* The deadline of a piece, milliseconds; undone by setting_restore(). */
int deadline_set(unsigned int ms);

/* --- lib/window.c: time between the copy of a batch and its folios' turns ----- */

struct window;

/* Attaches t_window; nothing waits until it is armed. */
int window_start(struct policy *p, struct window **w);
void window_stop(struct policy *p, struct window *w);
/* From now on each batch of this process waits for window_close(), or not. */
void window_arm(struct window *w, bool on);
/* Waits until a batch was copied; false if there is none for long. */
bool window_wait(struct window *w);
/* That batch goes on, and those behind it do not wait. */
void window_close(struct window *w);
/* exit() of the policy waits, or no longer. */
void window_hold_exit(struct window *w, bool on);
/* Waits until it was called. */
bool window_wait_exit(struct window *w);
/*
 * A thread that migrates, on the last CPU, where the policy waits. All others
 * are kept off that CPU by window_start().
 */
int aside_start(pthread_t *thread, void *(*main)(void *), void *arg);

/* --- lib/nbd.c: a block device that answers when the test says so -------------- */

#define NBD_DEVICE "/dev/nbd0"
#define NBD_HELD   128

/**
 * struct nbd - the device and its server
 * @image: what is on it
 * @image_fd: the same, as a memfd
 * @size: bytes
 * @hold_start: reads that touch bytes from here on
 * @hold_end: up to here are not answered
 * @held: such requests
 * @nr_held: how many
 */
struct nbd {
	char *image;
	int image_fd;
	size_t size;
	int dev;
	int sock;
	bool running;
	pthread_t device;
	pthread_t server;
	pthread_mutex_t lock;
	uint64_t hold_start;
	uint64_t hold_end;
	char held[NBD_HELD][28];
	unsigned int nr_held;
};

/* The image first, all 0; then the device. */
int nbd_create(struct nbd *n, size_t size);
int nbd_start(struct nbd *n);
void nbd_stop(struct nbd *n);
void nbd_hold(struct nbd *n, uint64_t start, uint64_t end);
/* Waits until reads of @bytes are in flight. */
bool nbd_wait_held(struct nbd *n, uint64_t bytes);
/* What the reads in flight want. */
uint64_t nbd_held_from(const struct nbd *n, unsigned int i);
uint64_t nbd_held_to(const struct nbd *n, unsigned int i);
/* Answers all that are held; no more are. */
void nbd_answer(struct nbd *n);

/* --- lib/engine.c: the lab's engine, outside the guest; the registry's figures -- */

/* Loads its driver. -EOPNOTSUPP: this guest has none. */
int engine_start(void);
/* A command of its control socket; what it says to @reply, which may be NULL. */
int engine_ask(char *reply, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* What it has counted, all channels together; or a negative errno. */
int64_t engine_total(const char *counter);
/* Bytes that the module says the channels of a kind have copied. */
uint64_t channels_bytes(const char *kind);
/* How many there are, and the lowest and highest id. */
int channels_find(const char *kind, int *first, int *last);

/* --- lib/directed.c: migrations that the test directs -------------------------- */

/**
 * struct directed - a call of migrate_pages() in the making, see mgx_test.h
 * @dev: the test module's device
 * @call: the call, and its results
 * @folio: its folios, and where they are then
 */
struct directed {
	int dev;
	struct mgxt_call call;
	struct mgxt_folio folio[MGXT_MAX_FOLIOS];
};

int directed_open(struct directed *d);
void directed_close(struct directed *d);
/* Nothing in it, to node 1, asynchronous. */
void directed_reset(struct directed *d);
void directed_add(struct directed *d, int fd, uint64_t index,
		  unsigned int flags);
int directed_run(struct directed *d);
/* A file of enum mgxt_file_kind, on node 0; its descriptor. */
int directed_file(struct directed *d, unsigned int kind, unsigned int pages);

#endif /* _MGX_FIXTURE_H */
