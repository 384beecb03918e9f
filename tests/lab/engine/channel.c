// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel.c - a channel: its thread takes descriptor after descriptor from the
 * ring, copies, and tells the guest.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "channel.h"
#include "clock.h"
#include "desc.h"
#include "function.h"
#include "ring.h"

/* --- interrupts ------------------------------------------------------------- */

static void send_interrupt(struct channel *c)
{
	if (!irq_send(&c->fn->irqs, c->index))
		return;
	c->irq_masked = true;
	c->counters.interrupts++;
}

/*
 * After an interrupt the channel keeps silent until software rearms it. What
 * happens meanwhile is announced then.
 */
static void interrupt(struct channel *c)
{
	if (fault_hits(&c->faults[FAULT_DROP_IRQ]))
		c->counters.dropped_interrupts++;
	else if (c->irq_masked)
		c->irq_waiting = true;
	else
		send_interrupt(c);
}

static void rearm(struct channel *c)
{
	c->irq_masked = false;
	if (!c->irq_waiting)
		return;
	c->irq_waiting = false;
	send_interrupt(c);
}

/* --- ends of a descriptor ------------------------------------------------------ */

static bool write_completion(struct channel *c)
{
	return dma_store64(&c->fn->dma, c->cmp,
			   ring_status(c->last, c->state)) == DMA_OK;
}

/* The channel stands still until software has reset it. */
static void halt(struct channel *c, uint32_t errors)
{
	c->epoch++;
	c->failed = true;
	c->chanerr |= errors;
	c->state = IOAT_HALTED;
	c->counters.errors++;
	function_note_errors(c->fn, errors);
	if (c->ctrl & IOAT_CHANCTRL_ERR_COMPLETION_EN)
		write_completion(c);
	if (c->ctrl & IOAT_CHANCTRL_ERR_INT_EN && errors & ~c->errmask)
		interrupt(c);
}

static void complete(struct channel *c, const struct ioat_desc *desc)
{
	c->last = c->at;
	c->at = desc->next;
	c->state = ring_waiting(c->count, c->taken) ? IOAT_ACTIVE : IOAT_DONE;
	if (!desc_is_null(desc)) {
		c->counters.copies++;
		c->counters.bytes += desc->size;
	}
	if (desc->ctl & IOAT_CTL_COMPL_WRITE && !write_completion(c)) {
		halt(c, IOAT_ERR_COMPLETION_ADDR);
		return;
	}
	if (desc->ctl & IOAT_CTL_INT_EN)
		interrupt(c);
}

/* --- waiting, in the channel's thread ---------------------------------------- */

static bool is_void(const struct channel *c, uint64_t epoch)
{
	return c->stop || c->epoch != epoch;
}

static void sleep_until(struct channel *c, uint64_t due, uint64_t epoch)
{
	while (!is_void(c, epoch) && clock_ns() < due)
		clock_wait(&c->wake, &c->lock, due);
}

/* Silence, until a reset or the end of the fault. */
static void hang(struct channel *c, uint64_t epoch)
{
	uint64_t clears = c->clears;

	while (!is_void(c, epoch) && c->clears == clears)
		pthread_cond_wait(&c->wake, &c->lock);
}

static void wait_landed(struct channel *c, uint64_t epoch)
{
	while (!is_void(c, epoch) && !c->landed)
		pthread_cond_wait(&c->wake, &c->lock);
}

/* --- a copy ------------------------------------------------------------------- */

static uint32_t error_of(enum dma_result result)
{
	switch (result) {
	case DMA_BAD_SRC:
		return IOAT_ERR_SRC_ADDR;
	case DMA_BAD_DST:
		return IOAT_ERR_DEST_ADDR;
	default:
		return 0;
	}
}

static void corrupt(struct channel *c, uint64_t addr)
{
	uint8_t byte;

	if (dma_read(&c->fn->dma, &byte, addr, 1) != DMA_OK)
		return;
	byte ^= 0xff;
	dma_write(&c->fn->dma, addr, &byte, 1);
}

static void count_stale(struct channel *c, uint64_t bytes)
{
	c->counters.stale_copies++;
	c->counters.stale_bytes += bytes;
}

/* Moves the data, without the lock: this is what runs beside the guest. */
static uint32_t move(struct channel *c, const struct ioat_desc *desc,
		     bool corrupted, uint64_t epoch)
{
	enum dma_result result;

	pthread_mutex_unlock(&c->lock);
	result = dma_copy(&c->fn->dma, desc->dst, desc->src, desc->size);
	if (corrupted)
		corrupt(c, desc->dst + desc->size / 2);
	pthread_mutex_lock(&c->lock);
	c->counters.corrupted += corrupted;
	if (result == DMA_OK && is_void(c, epoch))
		count_stale(c, desc->size);
	return error_of(result);
}

/* A write that fails has written the first half. */
static uint32_t fail(struct channel *c, const struct ioat_desc *desc,
		     uint32_t code)
{
	uint32_t half = desc->size / 2;

	if (code == IOAT_ERR_WRITE_DATA &&
	    dma_copy(&c->fn->dma, desc->dst, desc->src, half) == DMA_OK)
		count_stale(c, half);
	return code;
}

static struct late_write *
late_write_new(struct channel *c, const struct ioat_desc *desc, uint64_t due)
{
	struct late_write *write = malloc(sizeof(*write) + desc->size);

	if (!write)
		return NULL;
	write->due = due;
	write->channel = c;
	write->ticket = ++c->ticket;
	write->dst = desc->dst;
	write->size = desc->size;
	return write;
}

/* Waits for the late writer; void before it has written, or after. */
static void await_late(struct channel *c, bool never, uint64_t epoch,
		       uint64_t bytes)
{
	if (never)
		hang(c, epoch);
	wait_landed(c, epoch);
	c->awaited = 0;
	if (c->landed && is_void(c, epoch))
		count_stale(c, bytes);
}

/*
 * Hands the data to the late writer. The data is what it was at the beginning,
 * so that a page that has been used for something else since then is
 * overwritten with what does not belong there.
 */
static uint32_t write_late(struct channel *c, const struct ioat_desc *desc,
			   const struct fault *fault, uint64_t due,
			   uint64_t epoch)
{
	struct late_write *write;

	write = late_write_new(c, desc, due + fault->ms * NSEC_PER_MSEC);
	if (!write || dma_read(&c->fn->dma, write->data, desc->src,
			       desc->size) != DMA_OK) {
		free(write);
		return IOAT_ERR_SRC_ADDR;
	}
	c->awaited = write->ticket;
	c->landed = false;
	if (!late_add(&c->fn->late, write)) {
		free(write);
		return IOAT_ERR_WRITE_DATA;
	}
	await_late(c, fault->never, epoch, desc->size);
	return 0;
}

/* The faults of one copy, as they were set when it began */
struct draw {
	bool hit[NR_FAULTS];
	struct fault faults[NR_FAULTS];
};

/* Each kind counts every copy, whatever else happens to it. */
static void draw_faults(struct channel *c, struct draw *draw)
{
	memcpy(draw->faults, c->faults, sizeof(draw->faults));
	for (int kind = 0; kind < NR_FAULTS; kind++)
		draw->hit[kind] = kind != FAULT_DROP_IRQ &&
				  fault_hits(&c->faults[kind]);
	c->counters.hangs += draw->hit[FAULT_HANG];
	c->counters.late += draw->hit[FAULT_LATE];
}

static uint32_t copy(struct channel *c, const struct ioat_desc *desc,
		     uint64_t epoch)
{
	uint64_t due = pace_next(&c->pace, &c->timing, desc->size);
	struct draw draw;

	draw_faults(c, &draw);
	if (draw.hit[FAULT_LATE])
		due += draw.faults[FAULT_LATE].ms * NSEC_PER_MSEC;
	if (draw.hit[FAULT_HANG])
		hang(c, epoch);
	if (draw.hit[FAULT_LATE_WRITE])
		return write_late(c, desc, &draw.faults[FAULT_LATE_WRITE], due,
				  epoch);
	sleep_until(c, due, epoch);
	if (is_void(c, epoch))
		return 0;
	if (draw.hit[FAULT_ERROR])
		return fail(c, desc, draw.faults[FAULT_ERROR].code);
	return move(c, desc, draw.hit[FAULT_CORRUPT], epoch);
}

/* --- the thread ---------------------------------------------------------------- */

static uint32_t fetch(struct channel *c, struct ioat_desc *desc)
{
	bool first = c->at == c->chain;

	c->counters.descriptors++;
	if (!ring_aligned(c->at))
		return first ? IOAT_ERR_CHAIN_ADDR : IOAT_ERR_DESC_ALIGN;
	if (dma_read(&c->fn->dma, desc, c->at, sizeof(*desc)) != DMA_OK)
		return first ? IOAT_ERR_CHAIN_ADDR : IOAT_ERR_NEXT_ADDR;
	return desc_check(desc);
}

static void run_next(struct channel *c)
{
	uint64_t epoch = c->epoch;
	struct ioat_desc desc;
	uint32_t errors;

	c->taken++;
	errors = fetch(c, &desc);
	if (!errors && !desc_is_null(&desc))
		errors = copy(c, &desc, epoch);
	if (is_void(c, epoch))
		return;
	if (errors)
		halt(c, errors);
	else
		complete(c, &desc);
}

/* CHANCTRL and the error mask stay: ioatdma does not write them again. */
static void reset(struct channel *c)
{
	c->count = 0;
	c->taken = 0;
	c->chain = 0;
	c->at = 0;
	c->cmp = 0;
	c->last = 0;
	c->chanerr = 0;
	c->failed = false;
	c->state = IOAT_HALTED;
	c->suspend = false;
	c->reset = false;
	c->irq_masked = false;
	c->irq_waiting = false;
	c->pace.busy = 0;
	c->pace.due = 0;
	c->counters.resets++;
	pthread_cond_broadcast(&c->changed);
}

static void suspend(struct channel *c)
{
	c->suspend = false;
	if (c->state != IOAT_HALTED)
		c->state = IOAT_SUSPENDED;
}

static bool has_work(const struct channel *c)
{
	return c->state == IOAT_ACTIVE && ring_waiting(c->count, c->taken);
}

static void *channel_main(void *arg)
{
	struct channel *c = arg;

	/* The default of 50 us would be most of a copy's time. */
	prctl(PR_SET_TIMERSLACK, 1000);
	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		if (c->reset)
			reset(c);
		else if (c->suspend)
			suspend(c);
		else if (has_work(c))
			run_next(c);
		else
			pthread_cond_wait(&c->wake, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void channel_start(struct channel *c, struct function *fn, unsigned int index)
{
	memset(c, 0, sizeof(*c));
	c->fn = fn;
	c->index = index;
	c->state = IOAT_HALTED;
	c->pace.random = index + 1;
	pthread_mutex_init(&c->lock, NULL);
	clock_cond_init(&c->wake);
	clock_cond_init(&c->changed);
	thread_start(&c->thread, channel_main, c);
}

void channel_stop(struct channel *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
}

/* --- registers ------------------------------------------------------------------ */

void channel_write_ctrl(struct channel *c, uint16_t value)
{
	c->ctrl = value & ~IOAT_CHANCTRL_INT_REARM;
	if (value & IOAT_CHANCTRL_INT_REARM)
		rearm(c);
}

/* Begins what waits, unless the channel may not run. */
static void kick(struct channel *c)
{
	if (!ring_waiting(c->count, c->taken) || c->failed ||
	    c->state == IOAT_SUSPENDED)
		return;
	c->state = IOAT_ACTIVE;
	pthread_cond_signal(&c->wake);
}

/* The doorbell. */
void channel_write_count(struct channel *c, uint16_t value)
{
	if (!ring_waiting(c->count, c->taken))
		pace_start(&c->pace, clock_ns());
	c->count = value;
	kick(c);
}

void channel_write_chain(struct channel *c, uint64_t value)
{
	if (c->state == IOAT_ACTIVE) {
		halt(c, IOAT_ERR_CHAIN_ADDR);
		return;
	}
	c->chain = value;
	c->at = value;
	c->count = 0;
	c->taken = 0;
}

static void ask_reset(struct channel *c)
{
	c->reset = true;
	c->epoch++;
	pthread_cond_signal(&c->wake);
}

static void resume(struct channel *c)
{
	if (c->state != IOAT_SUSPENDED)
		return;
	c->state = IOAT_DONE;
	kick(c);
}

/* Without a descriptor at work, an abort does what a reset does. */
void channel_command(struct channel *c, uint8_t command)
{
	if (command & (IOAT_CHANCMD_RESET | IOAT_CHANCMD_ABORT)) {
		ask_reset(c);
	} else if (command & IOAT_CHANCMD_SUSPEND) {
		c->suspend = true;
		pthread_cond_signal(&c->wake);
	} else if (command & IOAT_CHANCMD_RESUME) {
		resume(c);
	}
}

/* Resets, and returns when the thread has nothing in flight. */
void channel_reset_wait(struct channel *c)
{
	pthread_mutex_lock(&c->lock);
	c->ctrl = 0;
	c->errmask = 0;
	ask_reset(c);
	while (c->reset && !c->stop)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

/* The late writer has written @bytes, 0 if it could not. */
void channel_late_written(struct channel *c, uint64_t ticket, size_t bytes)
{
	pthread_mutex_lock(&c->lock);
	if (bytes) {
		c->counters.late_writes++;
		c->counters.late_bytes += bytes;
	}
	if (c->awaited == ticket)
		c->landed = bytes;
	else if (bytes)
		count_stale(c, bytes);
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

/* --- settings -------------------------------------------------------------------- */

/* @member: offset in struct timing */
void channel_set_timing(struct channel *c, size_t member, uint32_t value)
{
	pthread_mutex_lock(&c->lock);
	memcpy((char *)&c->timing + member, &value, sizeof(value));
	pthread_mutex_unlock(&c->lock);
}

void channel_set_fault(struct channel *c, enum fault_kind kind,
		       const struct fault *fault)
{
	pthread_mutex_lock(&c->lock);
	c->faults[kind] = *fault;
	pthread_mutex_unlock(&c->lock);
}

/* A channel that hangs goes on: the copy was only late. */
void channel_clear_faults(struct channel *c)
{
	pthread_mutex_lock(&c->lock);
	memset(c->faults, 0, sizeof(c->faults));
	c->clears++;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void channel_reset_counters(struct channel *c)
{
	pthread_mutex_lock(&c->lock);
	memset(&c->counters, 0, sizeof(c->counters));
	pthread_mutex_unlock(&c->lock);
}

void channel_look(struct channel *c, struct channel_view *view)
{
	pthread_mutex_lock(&c->lock);
	view->state = c->state;
	view->chanerr = c->chanerr;
	view->timing = c->timing;
	memcpy(view->faults, c->faults, sizeof(view->faults));
	view->counters = c->counters;
	pthread_mutex_unlock(&c->lock);
}
