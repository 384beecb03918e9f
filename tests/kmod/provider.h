/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * provider.h - what test-only providers of dmaengine have in common: a platform
 * device with one channel for copies, which has one user at a time.
 */
#ifndef _MGX_PROVIDER_H
#define _MGX_PROVIDER_H

#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

/**
 * struct provider - one
 * @dev: what dmaengine knows of it
 * @chan: its channel
 * @pdev: the device of both
 * @driver: of @pdev, named by the module
 */
struct provider {
	struct dma_device dev;
	struct dma_chan chan;
	struct platform_device *pdev;
	struct platform_driver driver;
};

static inline dma_cookie_t provider_submit(struct dma_async_tx_descriptor *tx)
{
	dma_cookie_t cookie = tx->chan->cookie + 1;

	if (cookie < DMA_MIN_COOKIE)
		cookie = DMA_MIN_COOKIE;
	tx->chan->cookie = cookie;
	tx->cookie = cookie;
	return cookie;
}

static inline void provider_tx_init(struct provider *p,
				    struct dma_async_tx_descriptor *tx)
{
	dma_async_tx_descriptor_init(tx, &p->chan);
	tx->tx_submit = provider_submit;
}

/* What dmaengine insists on; of descriptors there is a ring from the start. */
static inline int provider_alloc(struct dma_chan *chan)
{
	chan->cookie = DMA_MIN_COOKIE;
	chan->completed_cookie = DMA_MIN_COOKIE;
	return 1;
}

static inline void provider_free(struct dma_chan *chan)
{
}

/* All but how copies are prepared, issued and ended. */
static inline int provider_describe(struct provider *p, struct device *dev)
{
	int rc = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));

	if (rc)
		return rc;
	dma_set_max_seg_size(dev, SZ_1M);
	p->dev.dev = dev;
	dma_cap_set(DMA_MEMCPY, p->dev.cap_mask);
	dma_cap_set(DMA_PRIVATE, p->dev.cap_mask);
	p->dev.device_alloc_chan_resources = provider_alloc;
	p->dev.device_free_chan_resources = provider_free;
	INIT_LIST_HEAD(&p->dev.channels);
	p->chan.device = &p->dev;
	list_add_tail(&p->chan.device_node, &p->dev.channels);
	return 0;
}

static inline int provider_start(struct provider *p,
				 int (*probe)(struct platform_device *pdev))
{
	p->driver.driver.name = KBUILD_MODNAME;
	p->pdev = platform_create_bundle(&p->driver, probe, NULL, 0, NULL, 0);
	return PTR_ERR_OR_ZERO(p->pdev);
}

static inline void provider_stop(struct provider *p)
{
	dma_async_device_unregister(&p->dev);
	platform_device_unregister(p->pdev);
	platform_driver_unregister(&p->driver);
}

#endif /* _MGX_PROVIDER_H */
