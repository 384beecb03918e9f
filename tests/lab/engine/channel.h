/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_CHANNEL_H
#define _MGX_ENGINE_CHANNEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "ioat.h"
#include "pace.h"

struct function;

/*
 * Counters of a channel. copies and bytes are the copies whose completion the
 * guest was told; stale ones were written, but nobody was told: the channel
 * was reset meanwhile, or failed in the middle. Null descriptors copy nothing.
 */
#define CHANNEL_COUNTERS(X) \
	X(copies)           \
	X(bytes)            \
	X(descriptors)      \
	X(interrupts)       \
	X(resets)           \
	X(errors)           \
	X(hangs)            \
	X(late)             \
	X(late_writes)      \
	X(late_bytes)       \
	X(stale_copies)     \
	X(stale_bytes)      \
	X(corrupted)        \
	X(dropped_interrupts)

struct counters {
#define X(_name) uint64_t _name;
	CHANNEL_COUNTERS(X)
#undef X
};

/**
 * struct channel - one channel
 * @fn:		the function that it belongs to
 * @index:	its number there
 * @thread:	carries out the descriptors
 * @lock:	protects all below; not held while data is moved
 * @wake:	what the thread waits for has changed
 * @changed:	the thread has carried out a reset
 * @stop:	the thread shall end
 *
 * @ctrl, @count, @chain, @cmp, @last, @chanerr, @errmask, @dcactrl, @state:
 *		registers; see ioat.h. @last is what CHANSTS shows of it.
 *
 * @taken:	descriptors begun, to compare with @count
 * @at:		address of the next descriptor, or of the one at work
 * @epoch:	changes when all that was begun before is void
 * @failed:	an error halted it; only a reset helps
 * @reset:	asked for; done by the thread between two descriptors
 * @suspend:	likewise
 * @irq_masked:	an interrupt was sent and not yet acknowledged
 * @irq_waiting: another one wants to be sent
 *
 * @timing:	settings
 * @pace:	what they make of time
 * @faults:	settings
 * @clears:	times that the faults were cleared, which ends a hang
 * @ticket:	number of the last late write
 * @awaited:	number of the late write that the thread waits for, or 0
 * @landed:	it has been written
 * @counters:	what has happened
 */
struct channel {
	struct function *fn;
	unsigned int index;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_cond_t changed;
	bool stop;

	uint16_t ctrl;
	uint16_t count;
	uint64_t chain;
	uint64_t cmp;
	uint64_t last;
	uint32_t chanerr;
	uint32_t errmask;
	uint32_t dcactrl;
	enum ioat_state state;

	uint16_t taken;
	uint64_t at;
	uint64_t epoch;
	bool failed;
	bool reset;
	bool suspend;
	bool irq_masked;
	bool irq_waiting;

	struct timing timing;
	struct pace pace;
	struct fault faults[NR_FAULTS];
	uint64_t clears;
	uint64_t ticket;
	uint64_t awaited;
	bool landed;
	struct counters counters;
};

/* What is shown of a channel, as it was at one moment */
struct channel_view {
	enum ioat_state state;
	uint32_t chanerr;
	struct timing timing;
	struct fault faults[NR_FAULTS];
	struct counters counters;
};

void channel_start(struct channel *channel, struct function *fn,
		   unsigned int index);
void channel_stop(struct channel *channel);
void channel_reset_wait(struct channel *channel);
void channel_late_written(struct channel *channel, uint64_t ticket,
			  size_t bytes);

/* For the registers, with the lock held */
void channel_write_ctrl(struct channel *channel, uint16_t value);
void channel_write_count(struct channel *channel, uint16_t value);
void channel_write_chain(struct channel *channel, uint64_t value);
void channel_command(struct channel *channel, uint8_t command);

/* For the control socket */
void channel_set_timing(struct channel *channel, size_t member, uint32_t value);
void channel_set_fault(struct channel *channel, enum fault_kind kind,
		       const struct fault *fault);
void channel_clear_faults(struct channel *channel);
void channel_reset_counters(struct channel *channel);
void channel_look(struct channel *channel, struct channel_view *view);

#endif /* _MGX_ENGINE_CHANNEL_H */
