/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim.h - what the files of mgx_sim share: a simulated copy engine.
 *
 *   sim.c         slots: engines are plugged into them and pulled out
 *   sim_sysfs.c   /sys/kernel/mgx_sim/<slot>/: settings, faults, counters
 *   sim_engine.c  the hardware: ring, timing, faults
 *   sim_native.c  its native driver: the file to start a driver of your own from
 *   sim_dma.c     its dmaengine driver
 */
#ifndef _MGX_SIM_H
#define _MGX_SIM_H

#include <linux/atomic.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define SIM_MAX_SLOTS 16
#define SIM_RING_MAX  4096  /* descriptors an engine has room for */
#define SIM_SEG_MAX   SZ_1M /* most bytes per descriptor */

struct device;
struct platform_device;
struct task_struct;

/**
 * enum sim_fault_id - what can go wrong; see sim_sysfs.c
 * @SIM_FAULT_ERROR: a descriptor ends with an error
 * @SIM_FAULT_WRONG_STATUS: it ends well, without having been copied
 * @SIM_FAULT_STALL: the engine hangs
 * @SIM_FAULT_LATE: the engine is late, and then writes
 * @SIM_FAULT_DROP_IRQ: an interrupt is lost
 * @SIM_FAULT_REMOVE: the device is gone
 * @SIM_FAULT_OVER_REPORT: the native driver reports more than it was asked for
 * @SIM_FAULT_DOUBLE_REPORT: the native driver reports a job twice
 */
enum sim_fault_id {
	SIM_FAULT_ERROR,
	SIM_FAULT_WRONG_STATUS,
	SIM_FAULT_STALL,
	SIM_FAULT_LATE,
	SIM_FAULT_DROP_IRQ,
	SIM_FAULT_REMOVE,
	SIM_FAULT_OVER_REPORT,
	SIM_FAULT_DOUBLE_REPORT,
	SIM_NR_FAULTS,
};

/**
 * struct sim_settings - what can be set while an engine runs
 * @mbps: bandwidth, bytes per microsecond
 * @latency_ns: from the start of a copy to its first byte
 * @jitter_ns: up to that much is added to each copy's time, at random
 * @out_of_order: copies are done in random order
 * @ring_size: descriptors that can be outstanding
 * @late_ms: how late the fault 'late' is
 * @repeat: a fault that has happened counts anew
 * @other_bytes: what another user of the engine copies each time
 * @other_us: how often it does, 0: there is no other user
 * @address_bits: of the addresses that it reaches, for who requests its channel of
 *	dmaengine from now on
 * @most_bytes: its dmaengine driver refuses longer copies, and tells nobody before
 * @prep_us: so long its dmaengine driver sleeps when it prepares a copy, as none may
 * @refuse_nth: its dmaengine driver refuses each so-manieth copy when it is submitted,
 *	and calls back before that says so, as idxd's does; 0 for none
 */
struct sim_settings {
	u32 mbps;
	u32 latency_ns;
	u32 jitter_ns;
	u32 out_of_order;
	u32 ring_size;
	u32 late_ms;
	u32 repeat;
	u32 other_bytes;
	u32 other_us;
	u32 address_bits;
	u32 most_bytes;
	u32 prep_us;
	u32 refuse_nth;
};

/**
 * struct sim_fault - a fault that is to happen
 * @left: descriptors until it does, 0 for never
 * @nth: what @left was at first
 * @fired: how often it has happened
 */
struct sim_fault {
	atomic_t left;
	u32 nth;
	atomic64_t fired;
};

/**
 * struct sim_stats - what the engines of a slot have done
 * @descriptors: copies ended, well or not
 * @bytes: bytes written
 * @errors: copies that ended with an error, or were aborted
 * @interrupts: interrupts that were delivered
 * @busy_ns: time the engines' threads spent on being hardware: to take, copy and
 *	end descriptors. Neither sleep nor what drivers do is in it
 */
struct sim_stats {
	atomic64_t descriptors;
	atomic64_t bytes;
	atomic64_t errors;
	atomic64_t interrupts;
	atomic64_t busy_ns;
};

/**
 * struct sim_slot - a place for an engine; all that outlives the engine
 * @kobj: its directory in sysfs
 * @id: its number
 * @node: NUMA node of the next engine that is plugged in
 * @set: settings
 * @fault: faults, by &enum sim_fault_id
 * @stats: counters
 * @lock: protects @pdev and @node
 * @pdev: the engine's device; NULL when the slot is empty
 * @engine: the engine, while its drivers are bound
 * @dma_name: dmaengine's name of its channel
 * @pull: pulls the engine out, for the fault 'remove'
 */
struct sim_slot {
	struct kobject kobj;
	u32 id;
	int node;
	struct sim_settings set;
	struct sim_fault fault[SIM_NR_FAULTS];
	struct sim_stats stats;

	struct mutex lock; /* one plugs or pulls at a time */
	struct platform_device *pdev;
	struct sim_engine *engine;
	char dma_name[32];
	struct work_struct pull;
};

/* sim.c */
extern struct workqueue_struct *sim_wq;
int sim_plug(struct sim_slot *slot);
void sim_unplug(struct sim_slot *slot);
int sim_set_node(struct sim_slot *slot, int node);

/* sim_sysfs.c */
int sim_sysfs_init(void);
void sim_sysfs_exit(void);
int sim_sysfs_add(struct sim_slot *slot);
void sim_sysfs_del(struct sim_slot *slot);

/**
 * sim_fault() - whether a fault happens now
 * @slot: where
 * @id: which
 *
 * Counts down with each call.
 *
 * Context: any.
 */
static inline bool sim_fault(struct sim_slot *slot, enum sim_fault_id id)
{
	struct sim_fault *fault = &slot->fault[id];

	if (atomic_dec_if_positive(&fault->left))
		return false;
	if (READ_ONCE(slot->set.repeat))
		atomic_set(&fault->left, READ_ONCE(fault->nth));
	atomic64_inc(&fault->fired);
	return true;
}

/* --- sim_engine.c: the hardware ---------------------------------------------- */

/**
 * enum sim_port_id - who gave a descriptor to the engine, and hears of its end
 * @SIM_PORT_NATIVE: the native driver
 * @SIM_PORT_DMA: the dmaengine driver
 */
enum sim_port_id {
	SIM_PORT_NATIVE,
	SIM_PORT_DMA,
	SIM_NR_PORTS,
};

/**
 * struct sim_desc - one copy, as the hardware knows it
 * @node: in the list of who has it
 * @index: its place in the ring, for what a driver remembers of it
 * @port: whose it is
 * @irq: its end is worth an interrupt
 * @src: physical address
 * @dst: physical address
 * @len: bytes
 * @status: 0 or a negative errno, when it has ended
 * @posted_ns: when the engine got it
 */
struct sim_desc {
	struct list_head node;
	u32 index;
	enum sim_port_id port;
	bool irq;
	phys_addr_t src;
	phys_addr_t dst;
	u32 len;
	int status;
	u64 posted_ns;
};

/* A copy has ended. The driver gives the descriptor back by sim_desc_free(). */
typedef void sim_complete_fn(void *driver, struct sim_desc *desc);

/**
 * struct sim_port - a driver's side of the engine
 * @complete: told of each copy that has ended
 * @driver: for @complete
 * @ended: descriptors that have ended and not been looked at
 * @irq: an interrupt is due
 * @reapers: how many are calling @complete
 */
struct sim_port {
	sim_complete_fn *complete;
	void *driver;
	struct list_head ended;
	bool irq;
	u32 reapers;
};

/**
 * struct sim_engine - the hardware
 * @slot: where it is plugged in
 * @dev: its device
 * @thread: does the copies
 * @work: where the thread sleeps
 * @idle: woken when a copy has ended, or was told to a driver
 * @lock: protects all that follows; with interrupts off
 * @queue: descriptors to be done
 * @active: the one that is being done
 * @nr_used: descriptors that are not free
 * @nr_ended: ended since the last interrupt
 * @hung: does nothing until sim_engine_abort()
 * @late: is late with @active, and will write
 * @dead: has no power, or is not there any more
 * @port: the two drivers
 * @busy_until: when the last copy has left its data path
 * @other_ns: when the other user asked last
 * @free: descriptors that nobody uses
 * @desc: all descriptors
 */
struct sim_engine {
	struct sim_slot *slot;
	struct device *dev;
	struct task_struct *thread;
	wait_queue_head_t work;
	wait_queue_head_t idle;

	spinlock_t lock; /* protects what follows */
	struct list_head queue;
	struct sim_desc *active;
	u32 nr_used;
	u32 nr_ended;
	bool hung;
	bool late;
	bool dead;
	struct sim_port port[SIM_NR_PORTS];
	u64 busy_until;
	u64 other_ns;
	struct list_head free;
	struct sim_desc *desc;
};

struct sim_engine *sim_engine_create(struct sim_slot *slot, struct device *dev);
void sim_engine_free(struct sim_engine *engine);
void sim_engine_off(struct sim_engine *engine);

int sim_desc_alloc(struct sim_engine *engine, enum sim_port_id port, u32 nr,
		   struct list_head *descs);
void sim_desc_free(struct sim_engine *engine, struct sim_desc *desc);

void sim_engine_post(struct sim_engine *engine, struct list_head *descs);
void sim_engine_cancel(struct sim_engine *engine, struct list_head *descs);
void sim_engine_reap(struct sim_engine *engine, enum sim_port_id port);
int sim_engine_abort(struct sim_engine *engine, enum sim_port_id port);
void sim_engine_sync(struct sim_engine *engine, enum sim_port_id port);

/* --- the drivers --------------------------------------------------------------- */

struct sim_native;
struct sim_native *sim_native_add(struct sim_engine *engine);
void sim_native_remove(struct sim_native *native);

struct sim_dma;
struct sim_dma *sim_dma_add(struct sim_engine *engine);
void sim_dma_remove(struct sim_dma *dma);
const char *sim_dma_name(const struct sim_dma *dma);

#endif /* _MGX_SIM_H */
