// SPDX-License-Identifier: GPL-2.0-only
/*
 * t_submit - no policy: times what dma.c does to give a job to an engine, until
 * the driver is told to begin, and from there. A job that is given to it from an
 * interrupt while another one is begins anew; the other one is not counted.
 */
#include "mgx_common.bpf.h"

#include "t_submit.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SUBMIT_NR);
	__type(key, __u32);
	__type(value, __u64);
} submit_sums SEC(".maps");

/* What is needed of the module's own. */
struct mgx_job {
	__u32 nr;
} __attribute__((preserve_access_index));

static volatile __u64 began, pending;

static void sum(__u32 key, __u64 value)
{
	__u64 *element = bpf_map_lookup_elem(&submit_sums, &key);

	if (element)
		*element += value;
}

SEC("fentry/mgx_dma_start")
int BPF_PROG(job_begins)
{
	pending = 0;
	began = bpf_ktime_get_ns();
	return 0;
}

/* The driver's: who loads this knows its name. */
SEC("kprobe")
int driver_begins(void *ctx)
{
	if (began)
		pending = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/mgx_dma_start")
int BPF_PROG(job_begun, void *channel, struct mgx_job *job, int rc)
{
	__u64 now = bpf_ktime_get_ns();

	if (!rc && began && pending) {
		sum(SUBMIT_JOBS, 1);
		sum(SUBMIT_PIECES, job->nr);
		sum(SUBMIT_NS, pending - began);
		sum(SUBMIT_PENDING_NS, now - pending);
	}
	began = 0;
	return 0;
}
