// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - migrate_ext: page migration decided by BPF.
 *
 * Loaded, the module does nothing to the kernel; the hooks are armed while a
 * policy is attached.
 */
#include <linux/module.h>

#include "mgx.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int __init mgx_init(void)
{
	int rc = mgx_reserve_init();

	if (rc)
		return rc;
	rc = mgx_cost_init();
	if (rc)
		goto out_reserve;
	rc = mgx_hook_init();
	if (rc)
		goto out_cost;
	rc = mgx_kfunc_init();
	if (rc)
		goto out_hook;
	rc = mgx_sysfs_init();
	if (rc)
		goto out_hook;
	rc = mgx_cpu_init();
	if (rc)
		goto out_sysfs;
	rc = mgx_dma_init();
	if (rc)
		goto out_cpu;
	rc = mgx_policy_init();
	if (rc)
		goto out_dma;
	return 0;

out_dma:
	mgx_dma_exit();
out_cpu:
	mgx_cpu_exit();
out_sysfs:
	mgx_sysfs_exit();
	mgx_dump_exit();
out_hook:
	mgx_hook_exit();
out_cost:
	mgx_cost_exit();
out_reserve:
	mgx_reserve_exit();
	return rc;
}

/* A policy holds a reference of the module, so none is attached here. */
static void __exit mgx_exit(void)
{
	mgx_policy_exit();
	mgx_dma_exit();
	mgx_cpu_exit();
	mgx_sysfs_exit();
	mgx_dump_exit();
	mgx_hook_exit();
	mgx_cost_exit();
	mgx_reserve_exit();
}

module_init(mgx_init);
module_exit(mgx_exit);

MODULE_DESCRIPTION("Page migration decided by BPF programs");
MODULE_LICENSE("GPL");
MODULE_VERSION(MGX_VERSION_STR);
