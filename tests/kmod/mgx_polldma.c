// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_polldma.c - mgx_poll for dmaengine: a provider without an engine, whose copies
 * are made by who asks for their status. Test-only: what a batch costs beyond the
 * copy (copy_ns) is then the price of dmaengine's way: migrate_ext's part, and this
 * provider's, which is as small as a provider's can be, and known: own_ns is what
 * 512 descriptors took it, measured when the module was loaded, with nobody to call
 * back and nothing to copy. So is what the kernel takes to map a descriptor's two
 * pages and, where it asks for that, to unmap them: map_ns.
 *
 * One channel, one user, who waits for it: there are no locks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>

#include "compat.h"
#include "provider.h"

#define POLL_RING     1024
#define POLL_MEASURED 512
#define POLL_TRIES    8

static unsigned long copy_ns;
module_param(copy_ns, ulong, 0444);
MODULE_PARM_DESC(copy_ns, "time that copies took so far");

static unsigned long own_ns = ULONG_MAX;
module_param(own_ns, ulong, 0444);
MODULE_PARM_DESC(own_ns, "time that 512 descriptors take besides");

static unsigned long map_ns = ULONG_MAX;
module_param(map_ns, ulong, 0444);
MODULE_PARM_DESC(map_ns, "time that the kernel takes to map the pages of 512");

/**
 * struct poll_tx - a descriptor
 * @tx: what dmaengine knows of it
 * @dst: where to
 * @src: where from
 * @len: bytes
 */
struct poll_tx {
	struct dma_async_tx_descriptor tx;
	dma_addr_t dst;
	dma_addr_t src;
	size_t len;
};

static struct poll_tx poll_ring[POLL_RING];
static u32 poll_head; /* prepared so far */
static u32 poll_tail; /* and called back */
static struct provider poll;

static struct dma_async_tx_descriptor *poll_prep(struct dma_chan *chan,
						 dma_addr_t dst, dma_addr_t src,
						 size_t len,
						 unsigned long flags)
{
	struct poll_tx *tx = &poll_ring[poll_head % POLL_RING];

	if (poll_head - poll_tail == POLL_RING)
		return NULL;
	poll_head++;
	tx->tx.flags = flags;
	tx->dst = dst;
	tx->src = src;
	tx->len = len;
	return &tx->tx;
}

static void poll_issue(struct dma_chan *chan)
{
}

/* Without an IOMMU, and with all memory in reach, these are physical addresses. */
static void poll_copy(const struct poll_tx *tx)
{
	if (tx->len)
		memcpy(phys_to_virt(tx->dst), phys_to_virt(tx->src), tx->len);
}

static enum dma_status poll_status(struct dma_chan *chan, dma_cookie_t cookie,
				   struct dma_tx_state *state)
{
	const struct dmaengine_result well = { .result = DMA_TRANS_NOERROR };
	u32 i, head = poll_head;
	u64 start;

	if (poll_tail == head)
		return DMA_COMPLETE;
	start = ktime_get_ns();
	for (i = poll_tail; i != head; i++)
		poll_copy(&poll_ring[i % POLL_RING]);
	WRITE_ONCE(copy_ns, copy_ns + ktime_get_ns() - start);
	while (poll_tail != head) {
		struct poll_tx *tx = &poll_ring[poll_tail++ % POLL_RING];

		chan->completed_cookie = tx->tx.cookie;
		tx->tx.callback_result(tx->tx.callback_param, &well);
	}
	return DMA_COMPLETE;
}

/* --- what it takes ---------------------------------------------------------------- */

static void poll_nobody(void *unused, const struct dmaengine_result *result)
{
}

static unsigned long poll_measure(void)
{
	u64 start = ktime_get_ns(), copies = copy_ns;
	u32 i;

	for (i = 0; i < POLL_MEASURED; i++) {
		struct dma_async_tx_descriptor *tx =
			dmaengine_prep_dma_memcpy(&poll.chan, 0, 0, 0, 0);

		tx->callback_result = poll_nobody;
		dmaengine_submit(tx);
	}
	dma_async_issue_pending(&poll.chan);
	dma_async_is_tx_complete(&poll.chan, 0, NULL, NULL);
	return ktime_get_ns() - start - (copy_ns - copies);
}

static unsigned long poll_measure_map(struct device *dev, struct page *page)
{
	u64 start = ktime_get_ns();
	dma_addr_t src, dst;
	u32 i;

	for (i = 0; i < POLL_MEASURED; i++) {
		src = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
		dst = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (!mgx_dma_need_unmap(dev))
			continue;
		dma_unmap_page(dev, src, PAGE_SIZE, DMA_TO_DEVICE);
		dma_unmap_page(dev, dst, PAGE_SIZE, DMA_FROM_DEVICE);
	}
	return ktime_get_ns() - start;
}

static int poll_measure_all(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int i;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < POLL_TRIES; i++) {
		own_ns = min(own_ns, poll_measure());
		map_ns = min(map_ns, poll_measure_map(dev, page));
	}
	copy_ns = 0;
	__free_page(page);
	return 0;
}

/* --- life ---------------------------------------------------------------------------- */

static int poll_terminate(struct dma_chan *chan)
{
	poll_tail = poll_head;
	return 0;
}

static void poll_synchronize(struct dma_chan *chan)
{
}

static int poll_probe(struct platform_device *pdev)
{
	int rc = provider_describe(&poll, &pdev->dev);
	u32 i;

	if (rc)
		return rc;
	poll.dev.device_prep_dma_memcpy = poll_prep;
	poll.dev.device_issue_pending = poll_issue;
	poll.dev.device_tx_status = poll_status;
	poll.dev.device_terminate_all = poll_terminate;
	poll.dev.device_synchronize = poll_synchronize;
	for (i = 0; i < POLL_RING; i++)
		provider_tx_init(&poll, &poll_ring[i].tx);
	return poll_measure_all(&pdev->dev) ?:
		       dma_async_device_register(&poll.dev);
}

static int __init poll_init(void)
{
	return provider_start(&poll, poll_probe);
}

static void __exit poll_exit(void)
{
	provider_stop(&poll);
}

module_init(poll_init);
module_exit(poll_exit);

MODULE_DESCRIPTION(
	"A provider of dmaengine whose copies are made by who asks for them");
MODULE_LICENSE("GPL");
