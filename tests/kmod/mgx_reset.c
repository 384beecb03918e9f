// SPDX-License-Identifier: GPL-2.0-only
/*
 * mgx_reset.c - a provider of dmaengine whose engine hangs, and which resets it as
 * ioatdma does (ioat_reboot_chan()): it calls back for what it aborts, and only then
 * stops the engine, all with bottom halves off. Until then the engine writes. Test-only.
 *
 * All of that happens on another CPU before issue_pending() has returned, so that it
 * is the CPU which submits that has the last of a job.
 *
 * One channel, one user: of each count there is one who writes it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/wait.h>

#include "provider.h"

#define RESET_RING   128
#define RESET_WAIT_S 5
#define RESET_BYTE   0x5a

static unsigned int stop_ms = 500;
module_param(stop_ms, uint, 0444);
MODULE_PARM_DESC(stop_ms,
		 "from what is called back to the engine's last write");

static u32 reset_aborted; /* called back so far */
module_param_named(aborted, reset_aborted, uint, 0444);
MODULE_PARM_DESC(aborted, "copies that were called back so far");

static u32 reset_written; /* and written to */
module_param_named(written, reset_written, uint, 0444);
MODULE_PARM_DESC(written, "of these, what was written to afterwards");

static char reset_name[32];
module_param_string(name, reset_name, sizeof(reset_name), 0444);
MODULE_PARM_DESC(name, "of the channel");

/**
 * struct reset_tx - a descriptor
 * @tx: what dmaengine knows of it
 * @dst: where to
 * @len: bytes
 */
struct reset_tx {
	struct dma_async_tx_descriptor tx;
	dma_addr_t dst;
	size_t len;
};

static struct reset_tx reset_ring[RESET_RING];
static u32 reset_head;	 /* prepared so far */
static u32 reset_issued; /* and to be copied */
static struct provider reset;
static struct task_struct *reset_task;
static DECLARE_WAIT_QUEUE_HEAD(reset_wait);

static struct reset_tx *reset_at(u32 i)
{
	return &reset_ring[i % RESET_RING];
}

static struct dma_async_tx_descriptor *reset_prep(struct dma_chan *chan,
						  dma_addr_t dst,
						  dma_addr_t src, size_t len,
						  unsigned long flags)
{
	struct reset_tx *tx = reset_at(reset_head);

	/* pairs with the release when the descriptor is not used any more */
	if (reset_head - smp_load_acquire(&reset_written) == RESET_RING)
		return NULL;
	reset_head++;
	tx->tx.flags = flags;
	tx->dst = dst;
	tx->len = len;
	return &tx->tx;
}

/* Its reset has begun before this returns, unless that would take too long. */
static void reset_issue(struct dma_chan *chan)
{
	u32 issued = reset_head;
	u32 ms = 0;

	/* pairs with the acquire in reset_is_due(): they are filled in */
	smp_store_release(&reset_issued, issued);
	wake_up(&reset_wait);
	/* pairs with the release after the callbacks */
	while (smp_load_acquire(&reset_aborted) != issued &&
	       ms++ < RESET_WAIT_S * MSEC_PER_SEC)
		mdelay(1);
}

static enum dma_status reset_status(struct dma_chan *chan, dma_cookie_t cookie,
				    struct dma_tx_state *state)
{
	return DMA_IN_PROGRESS;
}

static void reset_abort(struct reset_tx *tx)
{
	const struct dmaengine_result aborted = {
		.result = DMA_TRANS_ABORTED,
		.residue = tx->len,
	};

	tx->tx.callback_result(tx->tx.callback_param, &aborted);
}

/* Without an IOMMU, and with all memory in reach, these are physical addresses. */
static void reset_write(const struct reset_tx *tx)
{
	memset(phys_to_virt(tx->dst), RESET_BYTE, tx->len);
}

static void reset_engine(u32 from, u32 to)
{
	u32 i;

	local_bh_disable();
	for (i = from; i != to; i++)
		reset_abort(reset_at(i));
	/* pairs with the acquire of who waits in reset_issue() */
	smp_store_release(&reset_aborted, to);
	mdelay(stop_ms);
	for (i = from; i != to; i++)
		reset_write(reset_at(i));
	local_bh_enable();
	/* pairs with the acquire in reset_prep() */
	smp_store_release(&reset_written, to);
}

static bool reset_is_due(void)
{
	/* pairs with the release in reset_issue() */
	return smp_load_acquire(&reset_issued) != reset_written;
}

static int reset_main(void *unused)
{
	while (!kthread_should_stop()) {
		wait_event_idle(reset_wait,
				reset_is_due() || kthread_should_stop());
		if (reset_is_due())
			reset_engine(reset_written, reset_issued);
	}
	return 0;
}

/* --- life ---------------------------------------------------------------------------- */

static int reset_probe(struct platform_device *pdev)
{
	int rc = provider_describe(&reset, &pdev->dev);
	u32 i;

	if (rc)
		return rc;
	reset.dev.device_prep_dma_memcpy = reset_prep;
	reset.dev.device_issue_pending = reset_issue;
	reset.dev.device_tx_status = reset_status;
	for (i = 0; i < RESET_RING; i++)
		provider_tx_init(&reset, &reset_ring[i].tx);
	rc = dma_async_device_register(&reset.dev);
	if (!rc)
		strscpy(reset_name, dma_chan_name(&reset.chan));
	return rc;
}

static int __init reset_init(void)
{
	int rc;

	reset_task = kthread_run(reset_main, NULL, "mgx_reset");
	if (IS_ERR(reset_task))
		return PTR_ERR(reset_task);
	rc = provider_start(&reset, reset_probe);
	if (rc)
		kthread_stop(reset_task);
	return rc;
}

static void __exit reset_exit(void)
{
	provider_stop(&reset);
	kthread_stop(reset_task);
}

module_init(reset_init);
module_exit(reset_exit);

MODULE_DESCRIPTION(
	"A provider of dmaengine that aborts copies before it stops its engine");
MODULE_LICENSE("GPL");
