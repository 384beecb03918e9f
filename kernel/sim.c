// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim.c - mgx_sim: a simulated copy engine, for tests and for driver authors.
 *
 *	modprobe mgx_sim slots=4 node=0,0,1,1
 *
 * makes four engines of one channel each. Every engine is there twice: as the
 * native channel sim<N> of migrate_ext, and as a provider of dmaengine, which
 * migrate_ext takes as well when it is told to (its parameter dmaengine=1).
 * Bandwidth, latency, order and faults are set in /sys/kernel/mgx_sim/<N>/; see
 * sim_sysfs.c. Engines can be pulled out and plugged in at any time, as
 * hot-pluggable devices are.
 *
 * Those who want to write a native driver begin with sim_native.c.
 *
 * Not for production: an engine copies by CPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/platform_device.h>

#include "sim.h"

static unsigned int slots = 2;
module_param(slots, uint, 0444);
MODULE_PARM_DESC(slots, "engines (1 to 16, default 2)");

static int node[SIM_MAX_SLOTS] = { [0 ... SIM_MAX_SLOTS - 1] = NUMA_NO_NODE };
module_param_array(node, int, NULL, 0444);
MODULE_PARM_DESC(node, "NUMA node of each engine (default: none)");

/* About what one channel of an I/OAT engine does. */
static const struct sim_settings sim_defaults = {
	.mbps = 2000,
	.latency_ns = 2000,
	.ring_size = 1024,
	.late_ms = 2000,
	.address_bits = 64,
	.most_bytes = SIM_SEG_MAX,
};

struct workqueue_struct *sim_wq;
static struct sim_slot sim_slots[SIM_MAX_SLOTS];

/* --- the device's driver -------------------------------------------------------- */

/**
 * struct sim_drvdata - what the driver of an engine's device remembers
 * @engine: the hardware
 * @dma: its dmaengine side
 * @native: its native side
 */
struct sim_drvdata {
	struct sim_engine *engine;
	struct sim_dma *dma;
	struct sim_native *native;
};

/*
 * The native driver first: its channel has the lower number then, whenever the
 * module looks for those of dmaengine.
 */
static int sim_probe_drivers(struct sim_drvdata *data)
{
	int rc;

	data->native = sim_native_add(data->engine);
	rc = PTR_ERR_OR_ZERO(data->native);
	if (!rc) {
		data->dma = sim_dma_add(data->engine);
		rc = PTR_ERR_OR_ZERO(data->dma);
	}
	if (!rc)
		return 0;
	sim_engine_off(data->engine);
	if (!IS_ERR(data->native))
		sim_native_remove(data->native);
	sim_engine_free(data->engine);
	return rc;
}

static struct sim_slot *sim_slot_of(struct platform_device *pdev)
{
	return *(struct sim_slot **)dev_get_platdata(&pdev->dev);
}

static int sim_probe(struct platform_device *pdev)
{
	struct sim_slot *slot = sim_slot_of(pdev);
	struct sim_drvdata *data;
	int rc;

	data = devm_kzalloc(&pdev->dev, sizeof(*data), GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	data->engine = sim_engine_create(slot, &pdev->dev);
	if (IS_ERR(data->engine))
		return PTR_ERR(data->engine);
	rc = sim_probe_drivers(data);
	if (rc)
		return rc;
	platform_set_drvdata(pdev, data);
	strscpy(slot->dma_name, sim_dma_name(data->dma));
	WRITE_ONCE(slot->engine, data->engine);
	return 0;
}

/*
 * No power first: nothing is written from then on, so both drivers can end what
 * they had, and no memory has to be held for an engine that might still write.
 */
static void sim_remove(struct platform_device *pdev)
{
	struct sim_drvdata *data = platform_get_drvdata(pdev);
	struct sim_slot *slot = sim_slot_of(pdev);

	WRITE_ONCE(slot->engine, NULL);
	sim_engine_off(data->engine);
	sim_native_remove(data->native);
	sim_dma_remove(data->dma);
}

static struct platform_driver sim_driver = {
	.driver.name = "mgx_sim",
	.probe = sim_probe,
	.remove = sim_remove,
};

/* --- slots ------------------------------------------------------------------------ */

static struct platform_device *sim_device_add(struct sim_slot *slot)
{
	struct platform_device *pdev;
	int rc;

	pdev = platform_device_alloc("mgx_sim", slot->id);
	if (!pdev)
		return ERR_PTR(-ENOMEM);
	/* Before it is added: drivers ask for the node when they are bound. */
	set_dev_node(&pdev->dev, slot->node);
	rc = platform_device_add_data(pdev, &slot, sizeof(slot));
	if (!rc)
		rc = platform_device_add(pdev);
	if (rc) {
		platform_device_put(pdev);
		return ERR_PTR(rc);
	}
	return pdev;
}

/**
 * sim_plug() - put an engine into a slot
 * @slot: the slot
 *
 * Context: process, sleeps.
 * Return: 0; -EBUSY when there is one; -ENODEV when no driver was bound to it,
 * the reason is in the log.
 */
int sim_plug(struct sim_slot *slot)
{
	struct platform_device *pdev;
	int rc = 0;

	mutex_lock(&slot->lock);
	if (slot->pdev) {
		rc = -EBUSY;
		goto out;
	}
	pdev = sim_device_add(slot);
	if (IS_ERR(pdev)) {
		rc = PTR_ERR(pdev);
	} else if (!READ_ONCE(slot->engine)) {
		platform_device_unregister(pdev);
		rc = -ENODEV;
	} else {
		slot->pdev = pdev;
	}
out:
	mutex_unlock(&slot->lock);
	return rc;
}

/**
 * sim_unplug() - pull the engine out, if there is one
 * @slot: the slot
 *
 * Nobody is asked: clients hear it as they do when a device is gone.
 *
 * Context: process, sleeps.
 */
void sim_unplug(struct sim_slot *slot)
{
	mutex_lock(&slot->lock);
	if (slot->pdev)
		platform_device_unregister(slot->pdev);
	slot->pdev = NULL;
	mutex_unlock(&slot->lock);
}

static void sim_pull_work(struct work_struct *work)
{
	sim_unplug(container_of(work, struct sim_slot, pull));
}

static bool sim_node_valid(int nid)
{
	return nid == NUMA_NO_NODE ||
	       (nid >= 0 && nid < MAX_NUMNODES && node_online(nid));
}

/**
 * sim_set_node() - say which node the next engine is on
 * @slot: the slot
 * @nid: the node, or NUMA_NO_NODE
 *
 * Context: process.
 * Return: 0; -ERANGE for a node that is not online; -EBUSY when an engine is
 * plugged in: devices do not move.
 */
int sim_set_node(struct sim_slot *slot, int nid)
{
	int rc = 0;

	if (!sim_node_valid(nid))
		return -ERANGE;
	mutex_lock(&slot->lock);
	if (slot->pdev)
		rc = -EBUSY;
	else
		slot->node = nid;
	mutex_unlock(&slot->lock);
	return rc;
}

static void sim_slot_init(struct sim_slot *slot, u32 id)
{
	slot->id = id;
	slot->node = node[id];
	slot->set = sim_defaults;
	mutex_init(&slot->lock);
	INIT_WORK(&slot->pull, sim_pull_work);
}

static int sim_slot_add(struct sim_slot *slot)
{
	int rc = sim_sysfs_add(slot);

	if (rc)
		return rc;
	rc = sim_plug(slot);
	if (rc)
		sim_sysfs_del(slot);
	return rc;
}

/* First the files, so that nobody plugs an engine in again. */
static void sim_slot_del(struct sim_slot *slot)
{
	sim_sysfs_del(slot);
	sim_unplug(slot);
}

/* --- the module ---------------------------------------------------------------------- */

static int sim_check_params(void)
{
	u32 i;

	if (!slots || slots > SIM_MAX_SLOTS) {
		pr_err("slots=%u is refused: 1 to %u\n", slots, SIM_MAX_SLOTS);
		return -ERANGE;
	}
	for (i = 0; i < slots; i++) {
		if (sim_node_valid(node[i]))
			continue;
		pr_err("node=%d is refused: that node is not online\n",
		       node[i]);
		return -ERANGE;
	}
	return 0;
}

static void sim_slots_del(u32 nr)
{
	while (nr--)
		sim_slot_del(&sim_slots[nr]);
}

static int sim_slots_add(void)
{
	int rc = 0;
	u32 i;

	for (i = 0; i < slots; i++) {
		sim_slot_init(&sim_slots[i], i);
		rc = sim_slot_add(&sim_slots[i]);
		if (rc)
			break;
	}
	if (rc) {
		pr_err("engine %u cannot be made (%d)\n", i, rc);
		sim_slots_del(i);
	}
	return rc;
}

static int __init sim_init(void)
{
	int rc = sim_check_params();

	if (rc)
		return rc;
	sim_wq = alloc_workqueue("mgx_sim", WQ_UNBOUND, 0);
	if (!sim_wq)
		return -ENOMEM;
	rc = sim_sysfs_init();
	if (rc)
		goto out_wq;
	rc = platform_driver_register(&sim_driver);
	if (rc)
		goto out_sysfs;
	rc = sim_slots_add();
	if (rc)
		goto out_driver;
	return 0;

out_driver:
	platform_driver_unregister(&sim_driver);
out_sysfs:
	sim_sysfs_exit();
out_wq:
	destroy_workqueue(sim_wq);
	return rc;
}

/*
 * Clients of dmaengine hold the module, so they have left. The work queue is
 * last: what frees the engines runs there.
 */
static void __exit sim_exit(void)
{
	sim_slots_del(slots);
	platform_driver_unregister(&sim_driver);
	sim_sysfs_exit();
	destroy_workqueue(sim_wq);
}

module_init(sim_init);
module_exit(sim_exit);

MODULE_DESCRIPTION("Simulated copy engine for migrate_ext");
MODULE_LICENSE("GPL");
