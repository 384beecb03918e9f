// SPDX-License-Identifier: GPL-2.0-only
/*
 * sim_sysfs.c - /sys/kernel/mgx_sim/<slot>/, one value a file.
 *
 *   present	1: an engine is plugged in. Write 0 to pull it out, 1 to plug one in
 *   node	its NUMA node, -1 for none; set it while the slot is empty
 *   dma_name	dmaengine's name of its channel
 *
 * Settings, at any time (see &struct sim_settings):
 *   mbps, latency_ns, jitter_ns, out_of_order, ring_size, late_ms, repeat,
 *   other_bytes, other_us, address_bits, most_bytes, prep_us, refuse_nth
 *
 * faults/: write N and the N-th descriptor from now on meets the fault, 0 never;
 * what is read is how many are left. With repeat=1, each N-th.
 *   error		it ends with an error, and nothing is written
 *   wrong_status	it ends well, and nothing is written
 *   stall		the engine does nothing any more until it is reset
 *   late		the engine does nothing for late_ms, then goes on where it was,
 *			and writes; until then it cannot be reset. A late_ms that
 *			is set meanwhile counts
 *   drop_irq		the N-th interrupt is lost
 *   remove		the engine is gone, then it is pulled out
 *   over_report	the native driver reports a page more than the N-th job had
 *   double_report	the native driver reports the N-th job twice
 *
 * fired/: how often each of them has happened.
 * stats/: descriptors, bytes, errors, interrupts, busy_ns.
 *
 * Numbers out of range are refused with -ERANGE, anything else with -EINVAL.
 */
#include <linux/kstrtox.h>
#include <linux/sysfs.h>
#include <linux/time64.h>

#include "sim.h"

static struct kobject *sim_kobj;

/**
 * struct sim_attr - a file
 * @attr: sysfs's
 * @show: reads it
 * @store: writes it
 * @offset: its value, in &struct sim_slot
 * @min: smallest value
 * @max: largest value
 */
struct sim_attr {
	struct attribute attr;
	ssize_t (*show)(struct sim_slot *slot, const struct sim_attr *attr,
			char *buf);
	int (*store)(struct sim_slot *slot, const struct sim_attr *attr,
		     const char *buf);
	size_t offset;
	u32 min;
	u32 max;
};

static void *sim_attr_value(struct sim_slot *slot, const struct sim_attr *attr)
{
	return (void *)slot + attr->offset;
}

static int sim_attr_parse(const struct sim_attr *attr, const char *buf,
			  u32 *value)
{
	int rc = kstrtou32(buf, 0, value);

	if (rc)
		return rc;
	return *value < attr->min || *value > attr->max ? -ERANGE : 0;
}

/* --- settings -------------------------------------------------------------------- */

static ssize_t sim_setting_show(struct sim_slot *slot,
				const struct sim_attr *attr, char *buf)
{
	u32 *value = sim_attr_value(slot, attr);

	return sysfs_emit(buf, "%u\n", READ_ONCE(*value));
}

static int sim_setting_store(struct sim_slot *slot, const struct sim_attr *attr,
			     const char *buf)
{
	u32 value, *to = sim_attr_value(slot, attr);
	int rc = sim_attr_parse(attr, buf, &value);

	if (!rc)
		WRITE_ONCE(*to, value);
	return rc;
}

#define SIM_ATTR_SETTING(file, lo, hi)                         \
	static struct sim_attr sim_setting_##file = {          \
		.attr = { .name = #file, .mode = 0644 },       \
		.show = sim_setting_show,                      \
		.store = sim_setting_store,                    \
		.offset = offsetof(struct sim_slot, set.file), \
		.min = lo,                                     \
		.max = hi,                                     \
	}

SIM_ATTR_SETTING(mbps, 1, 1000000);
SIM_ATTR_SETTING(latency_ns, 0, NSEC_PER_SEC);
SIM_ATTR_SETTING(jitter_ns, 0, NSEC_PER_SEC);
SIM_ATTR_SETTING(out_of_order, 0, 1);
SIM_ATTR_SETTING(ring_size, 1, SIM_RING_MAX);
SIM_ATTR_SETTING(late_ms, 1, 600000);
SIM_ATTR_SETTING(repeat, 0, 1);
SIM_ATTR_SETTING(other_bytes, 0, SZ_1G);
SIM_ATTR_SETTING(other_us, 0, USEC_PER_SEC);
SIM_ATTR_SETTING(address_bits, 30, 64);
SIM_ATTR_SETTING(most_bytes, 1, SIM_SEG_MAX);
SIM_ATTR_SETTING(prep_us, 0, USEC_PER_SEC);
SIM_ATTR_SETTING(refuse_nth, 0, 1000000);

/* --- faults ------------------------------------------------------------------------ */

static ssize_t sim_fault_show(struct sim_slot *slot,
			      const struct sim_attr *attr, char *buf)
{
	struct sim_fault *fault = sim_attr_value(slot, attr);

	return sysfs_emit(buf, "%d\n", atomic_read(&fault->left));
}

static int sim_fault_store(struct sim_slot *slot, const struct sim_attr *attr,
			   const char *buf)
{
	struct sim_fault *fault = sim_attr_value(slot, attr);
	u32 value;
	int rc = sim_attr_parse(attr, buf, &value);

	if (rc)
		return rc;
	WRITE_ONCE(fault->nth, value);
	atomic_set(&fault->left, value);
	return 0;
}

static ssize_t sim_count_show(struct sim_slot *slot,
			      const struct sim_attr *attr, char *buf)
{
	atomic64_t *count = sim_attr_value(slot, attr);

	return sysfs_emit(buf, "%lld\n", atomic64_read(count));
}

#define SIM_ATTR_FAULT(file, id)                                 \
	static struct sim_attr sim_fault_##file = {              \
		.attr = { .name = #file, .mode = 0644 },         \
		.show = sim_fault_show,                          \
		.store = sim_fault_store,                        \
		.offset = offsetof(struct sim_slot, fault[id]),  \
		.max = INT_MAX,                                  \
	};                                                       \
	static struct sim_attr sim_fired_##file = {              \
		.attr = { .name = #file, .mode = 0444 },         \
		.show = sim_count_show,                          \
		.offset = offsetof(struct sim_slot, fault[id]) + \
			  offsetof(struct sim_fault, fired),     \
	}

SIM_ATTR_FAULT(error, SIM_FAULT_ERROR);
SIM_ATTR_FAULT(wrong_status, SIM_FAULT_WRONG_STATUS);
SIM_ATTR_FAULT(stall, SIM_FAULT_STALL);
SIM_ATTR_FAULT(late, SIM_FAULT_LATE);
SIM_ATTR_FAULT(drop_irq, SIM_FAULT_DROP_IRQ);
SIM_ATTR_FAULT(remove, SIM_FAULT_REMOVE);
SIM_ATTR_FAULT(over_report, SIM_FAULT_OVER_REPORT);
SIM_ATTR_FAULT(double_report, SIM_FAULT_DOUBLE_REPORT);

#define SIM_ATTR_STAT(file)                                      \
	static struct sim_attr sim_stat_##file = {               \
		.attr = { .name = #file, .mode = 0444 },         \
		.show = sim_count_show,                          \
		.offset = offsetof(struct sim_slot, stats.file), \
	}

SIM_ATTR_STAT(descriptors);
SIM_ATTR_STAT(bytes);
SIM_ATTR_STAT(errors);
SIM_ATTR_STAT(interrupts);
SIM_ATTR_STAT(busy_ns);

/* --- the device ------------------------------------------------------------------- */

static ssize_t sim_present_show(struct sim_slot *slot,
				const struct sim_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", !!READ_ONCE(slot->engine));
}

static int sim_present_store(struct sim_slot *slot, const struct sim_attr *attr,
			     const char *buf)
{
	u32 want;
	int rc = sim_attr_parse(attr, buf, &want);

	if (rc)
		return rc;
	if (want)
		return sim_plug(slot);
	sim_unplug(slot);
	return 0;
}

static ssize_t sim_node_show(struct sim_slot *slot, const struct sim_attr *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(slot->node));
}

static int sim_node_store(struct sim_slot *slot, const struct sim_attr *attr,
			  const char *buf)
{
	int nid, rc = kstrtoint(buf, 0, &nid);

	return rc ?: sim_set_node(slot, nid);
}

static ssize_t sim_dma_name_show(struct sim_slot *slot,
				 const struct sim_attr *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", slot->dma_name);
}

static struct sim_attr sim_present = {
	.attr = { .name = "present", .mode = 0644 },
	.show = sim_present_show,
	.store = sim_present_store,
	.max = 1,
};

static struct sim_attr sim_node = {
	.attr = { .name = "node", .mode = 0644 },
	.show = sim_node_show,
	.store = sim_node_store,
};

static struct sim_attr sim_dma_name_attr = {
	.attr = { .name = "dma_name", .mode = 0444 },
	.show = sim_dma_name_show,
};

/* --- directories --------------------------------------------------------------------- */

static struct attribute *sim_slot_attrs[] = {
	&sim_present.attr,
	&sim_node.attr,
	&sim_dma_name_attr.attr,
	&sim_setting_mbps.attr,
	&sim_setting_latency_ns.attr,
	&sim_setting_jitter_ns.attr,
	&sim_setting_out_of_order.attr,
	&sim_setting_ring_size.attr,
	&sim_setting_late_ms.attr,
	&sim_setting_repeat.attr,
	&sim_setting_other_bytes.attr,
	&sim_setting_other_us.attr,
	&sim_setting_address_bits.attr,
	&sim_setting_most_bytes.attr,
	&sim_setting_prep_us.attr,
	&sim_setting_refuse_nth.attr,
	NULL,
};

static struct attribute *sim_fault_attrs[] = {
	&sim_fault_error.attr,
	&sim_fault_wrong_status.attr,
	&sim_fault_stall.attr,
	&sim_fault_late.attr,
	&sim_fault_drop_irq.attr,
	&sim_fault_remove.attr,
	&sim_fault_over_report.attr,
	&sim_fault_double_report.attr,
	NULL,
};

static struct attribute *sim_fired_attrs[] = {
	&sim_fired_error.attr,
	&sim_fired_wrong_status.attr,
	&sim_fired_stall.attr,
	&sim_fired_late.attr,
	&sim_fired_drop_irq.attr,
	&sim_fired_remove.attr,
	&sim_fired_over_report.attr,
	&sim_fired_double_report.attr,
	NULL,
};

static struct attribute *sim_stat_attrs[] = {
	&sim_stat_descriptors.attr, &sim_stat_bytes.attr,
	&sim_stat_errors.attr,	    &sim_stat_interrupts.attr,
	&sim_stat_busy_ns.attr,	    NULL,
};

static const struct attribute_group sim_slot_group = {
	.attrs = sim_slot_attrs,
};

static const struct attribute_group sim_fault_group = {
	.name = "faults",
	.attrs = sim_fault_attrs,
};

static const struct attribute_group sim_fired_group = {
	.name = "fired",
	.attrs = sim_fired_attrs,
};

static const struct attribute_group sim_stat_group = {
	.name = "stats",
	.attrs = sim_stat_attrs,
};

static const struct attribute_group *sim_groups[] = {
	&sim_slot_group,
	&sim_fault_group,
	&sim_fired_group,
	&sim_stat_group,
	NULL,
};

static ssize_t sim_attr_show(struct kobject *kobj, struct attribute *attr,
			     char *buf)
{
	struct sim_attr *file = container_of(attr, struct sim_attr, attr);

	return file->show(container_of(kobj, struct sim_slot, kobj), file, buf);
}

static ssize_t sim_attr_store(struct kobject *kobj, struct attribute *attr,
			      const char *buf, size_t len)
{
	struct sim_attr *file = container_of(attr, struct sim_attr, attr);
	int rc = file->store(container_of(kobj, struct sim_slot, kobj), file,
			     buf);

	return rc ?: len;
}

static const struct sysfs_ops sim_sysfs_ops = {
	.show = sim_attr_show,
	.store = sim_attr_store,
};

/* Slots are static: there is nothing to free. */
static void sim_slot_release(struct kobject *kobj)
{
}

static const struct kobj_type sim_ktype = {
	.sysfs_ops = &sim_sysfs_ops,
	.default_groups = sim_groups,
	.release = sim_slot_release,
};

/**
 * sim_sysfs_add() - make a slot's directory
 * @slot: the slot
 *
 * Return: 0 or a negative errno, then there is none.
 */
int sim_sysfs_add(struct sim_slot *slot)
{
	int rc = kobject_init_and_add(&slot->kobj, &sim_ktype, sim_kobj, "%u",
				      slot->id);

	if (rc)
		kobject_put(&slot->kobj);
	return rc;
}

/**
 * sim_sysfs_del() - remove a slot's directory; waits for those who write
 * @slot: the slot
 */
void sim_sysfs_del(struct sim_slot *slot)
{
	kobject_del(&slot->kobj);
	kobject_put(&slot->kobj);
}

/**
 * sim_sysfs_init() - make /sys/kernel/mgx_sim
 *
 * Return: 0 or -ENOMEM.
 */
int sim_sysfs_init(void)
{
	sim_kobj = kobject_create_and_add("mgx_sim", kernel_kobj);
	return sim_kobj ? 0 : -ENOMEM;
}

/**
 * sim_sysfs_exit() - remove it
 */
void sim_sysfs_exit(void)
{
	kobject_put(sim_kobj);
}
