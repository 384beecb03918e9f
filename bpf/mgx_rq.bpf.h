/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgx_rq.bpf.h - the kernel's run queues, where a policy can see them.
 */
#ifndef _MGX_RQ_BPF_H
#define _MGX_RQ_BPF_H

#include <bpf/bpf_helpers.h>

/* Of the kernel's struct only what is used; the rest is found by BTF. */
struct rq {
	unsigned int nr_running;
} __attribute__((preserve_access_index));

extern const struct rq runqueues __ksym __weak;

#endif /* _MGX_RQ_BPF_H */
