/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * t_submit.h - elements of the map of t_submit.
 */
#ifndef _MGX_T_SUBMIT_H
#define _MGX_T_SUBMIT_H

/**
 * enum submit_sum - what is summed up
 * @SUBMIT_JOBS: jobs that were given to an engine
 * @SUBMIT_PIECES: what they had together
 * @SUBMIT_NS: from the job to the driver's issue_pending: all is prepared
 * @SUBMIT_PENDING_NS: from there to the end: the doorbell, and what interrupts
 *	then, if it is at once
 */
enum submit_sum {
	SUBMIT_JOBS,
	SUBMIT_PIECES,
	SUBMIT_NS,
	SUBMIT_PENDING_NS,
	SUBMIT_NR,
};

#endif
