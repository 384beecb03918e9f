// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_dmaprobe.c - says what a dmaengine channel does with a row of copies.
 *
 * dmatest looks neither at callback_result nor at copies that end after its
 * time-out. This module does: it submits copies on one channel, waits, and logs
 * for each what the callback said and when, what the cookie said, and what is
 * in the destination; then it waits again and looks at the destinations once
 * more. For tests of the lab's engine and for questions to other drivers.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/dmaengine.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#define MAX_COPIES 64

static char *channel = "dma0chan0";
module_param(channel, charp, 0444);
MODULE_PARM_DESC(channel, "name of the channel");

static unsigned int copies = 4;
module_param(copies, uint, 0444);
MODULE_PARM_DESC(copies, "number of copies, at most 64");

static unsigned int order;
module_param(order, uint, 0444);
MODULE_PARM_DESC(order, "pages of a copy, as a power of two");

static unsigned int wait_ms = 2000;
module_param(wait_ms, uint, 0444);
MODULE_PARM_DESC(wait_ms, "how long to wait for the callbacks");

static unsigned int linger_ms;
module_param(linger_ms, uint, 0444);
MODULE_PARM_DESC(linger_ms, "how long to wait for late writes");

static unsigned int gap_ms;
module_param(gap_ms, uint, 0444);
MODULE_PARM_DESC(gap_ms, "submit one copy after the other, with this pause");

struct probe_copy {
	struct page *src;
	struct page *dst;
	dma_addr_t src_dma;
	dma_addr_t dst_dma;
	dma_cookie_t cookie;
	ktime_t submitted;
	ktime_t ended;
	int result;
	bool called;
};

static struct probe_copy probe_copies[MAX_COPIES];
static atomic_t calls;

static size_t copy_size(void)
{
	return PAGE_SIZE << order;
}

static bool match(struct dma_chan *chan, void *name)
{
	return !strcmp(dma_chan_name(chan), name);
}

static struct dma_chan *get_channel(void)
{
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	return dma_request_channel(mask, match, channel);
}

static void probe_callback(void *arg, const struct dmaengine_result *result)
{
	struct probe_copy *copy = arg;

	copy->ended = ktime_get();
	copy->result = result ? result->result : -1;
	copy->called = true;
	atomic_inc(&calls);
}

static int alloc_copy(struct probe_copy *copy, unsigned int i)
{
	copy->src = alloc_pages(GFP_KERNEL, order);
	copy->dst = alloc_pages(GFP_KERNEL, order);
	if (!copy->src || !copy->dst)
		return -ENOMEM;
	memset(page_address(copy->src), 'a' + i % 26, copy_size());
	memset(page_address(copy->dst), 0, copy_size());
	return 0;
}

static void free_copy(struct probe_copy *copy)
{
	if (copy->src)
		__free_pages(copy->src, order);
	if (copy->dst)
		__free_pages(copy->dst, order);
	memset(copy, 0, sizeof(*copy));
}

/* The mapping is undone by nobody: x86 has nothing to undo. */
static int submit(struct dma_chan *chan, struct probe_copy *copy)
{
	struct device *dev = dmaengine_get_dma_device(chan);
	struct dma_async_tx_descriptor *tx;

	copy->src_dma =
		dma_map_page(dev, copy->src, 0, copy_size(), DMA_TO_DEVICE);
	copy->dst_dma =
		dma_map_page(dev, copy->dst, 0, copy_size(), DMA_FROM_DEVICE);
	tx = dmaengine_prep_dma_memcpy(chan, copy->dst_dma, copy->src_dma,
				       copy_size(),
				       DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	if (!tx)
		return -ENOMEM;
	tx->callback_result = probe_callback;
	tx->callback_param = copy;
	copy->submitted = ktime_get();
	copy->cookie = dmaengine_submit(tx);
	return dma_submit_error(copy->cookie);
}

static const char *content(const struct probe_copy *copy)
{
	const char *src = page_address(copy->src);
	const char *dst = page_address(copy->dst);
	size_t n, equal = 0, zero = 0;

	for (n = 0; n < copy_size(); n++) {
		equal += dst[n] == src[n];
		zero += !dst[n];
	}
	if (equal == copy_size())
		return "copied";
	if (zero == copy_size())
		return "untouched";
	return equal + zero == copy_size() ? "partly copied" : "wrong";
}

static const char *cookie_state(struct dma_chan *chan, dma_cookie_t cookie)
{
	switch (dma_async_is_tx_complete(chan, cookie, NULL, NULL)) {
	case DMA_COMPLETE:
		return "complete";
	case DMA_IN_PROGRESS:
		return "in progress";
	default:
		return "error";
	}
}

static const char *result_name(const struct probe_copy *copy)
{
	static const char *const names[] = {
		[DMA_TRANS_NOERROR] = "ok",
		[DMA_TRANS_READ_FAILED] = "read failed",
		[DMA_TRANS_WRITE_FAILED] = "write failed",
		[DMA_TRANS_ABORTED] = "aborted",
	};

	if (!copy->called)
		return "none";
	if (copy->result < 0 || copy->result >= ARRAY_SIZE(names))
		return "unknown";
	return names[copy->result];
}

static void report(struct dma_chan *chan)
{
	unsigned int i;

	for (i = 0; i < copies; i++) {
		struct probe_copy *copy = &probe_copies[i];
		s64 ms = ktime_ms_delta(copy->ended, copy->submitted);

		pr_info("%s #%u: callback %s after %lld ms, cookie %s, %s\n",
			channel, i + 1, result_name(copy),
			copy->called ? ms : -1,
			cookie_state(chan, copy->cookie), content(copy));
	}
}

static void report_late(void)
{
	unsigned int i;

	msleep(linger_ms);
	for (i = 0; i < copies; i++)
		pr_info("%s #%u: later: callback %s, %s\n", channel, i + 1,
			result_name(&probe_copies[i]),
			content(&probe_copies[i]));
}

static void wait_calls(void)
{
	unsigned long until = jiffies + msecs_to_jiffies(wait_ms);

	while (atomic_read(&calls) < copies && time_before(jiffies, until))
		usleep_range(1000, 5000);
}

static int submit_all(struct dma_chan *chan)
{
	unsigned int i;
	int err;

	for (i = 0; i < copies; i++) {
		err = submit(chan, &probe_copies[i]);
		if (err)
			return err;
		if (gap_ms) {
			dma_async_issue_pending(chan);
			msleep(gap_ms);
		}
	}
	dma_async_issue_pending(chan);
	return 0;
}

static int run(struct dma_chan *chan)
{
	unsigned int i;
	int err;

	for (i = 0; i < copies; i++) {
		err = alloc_copy(&probe_copies[i], i);
		if (err)
			return err;
	}
	err = submit_all(chan);
	if (err)
		return err;
	wait_calls();
	report(chan);
	if (linger_ms)
		report_late();
	return 0;
}

static int __init probe_init(void)
{
	struct dma_chan *chan;
	unsigned int i;
	int err;

	if (copies > MAX_COPIES || order > MAX_PAGE_ORDER)
		return -EINVAL;
	chan = get_channel();
	if (!chan)
		return -ENODEV;
	err = run(chan);
	dma_release_channel(chan);
	for (i = 0; i < copies; i++)
		free_copy(&probe_copies[i]);
	pr_info("%s: end: %d callbacks, error %d\n", channel,
		atomic_read(&calls), err);
	return err;
}
module_init(probe_init);

static void __exit probe_exit(void)
{
}
module_exit(probe_exit);

MODULE_DESCRIPTION("asks a dmaengine channel what it does");
MODULE_LICENSE("GPL");
