// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs.c - /sys/kernel/migrate_ext: one value a file, all 0444 but for eject,
 * which ends a policy, and dump, which runs a part of it: both are root's.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "mgx.h"

#define MGX_SHOW(name)                                   \
	static ssize_t name##_show(struct kobject *kobj, \
				   struct kobj_attribute *attr, char *buf)

#define MGX_ATTR(name) \
	static struct kobj_attribute mgx_attr_##name = __ATTR_RO(name)

/* clang-format off */
/* An attribute whose value is a part of the policy slot's report. */
#define MGX_REPORT(name, fmt, expr)					\
	MGX_SHOW(name)							\
	{								\
		struct mgx_policy_report r;				\
									\
		mgx_policy_report(&r);					\
		return sysfs_emit(buf, fmt "\n", expr);			\
	}								\
	MGX_ATTR(name)

/* clang-format on */
static const char *mgx_state_name(const struct mgx_policy_report *r)
{
	if (r->active)
		return "active";
	return r->attached ? "ejected" : "none";
}

/* "active" while a policy decides, "ejected" when it ended but holds the slot */
MGX_REPORT(state, "%s", mgx_state_name(&r));
/* name of the attached policy, or an empty line */
MGX_REPORT(ops, "%s", r.name);
/* policies attached since the module was loaded */
MGX_REPORT(enable_seq, "%llu", r.enable_seq);
/* policies refused since the module was loaded */
MGX_REPORT(nr_rejected, "%llu", r.nr_rejected);
/* why the last attach was refused; empty after one that was not */
MGX_REPORT(reject_reason, "%s", r.reject);
/* exit/: the policy that ended last */
MGX_REPORT(name, "%s", r.exit_name);
MGX_REPORT(kind, "%s", mgx_exit_kind_name(r.exit.kind));
MGX_REPORT(code, "%lld", r.exit.code);
MGX_REPORT(msg, "%s", r.exit.msg);
/* guard/: of the policy in charge; 0 without one, and for no guard */
MGX_REPORT(percent, "%u", r.guard_percent);
MGX_REPORT(run, "%u", r.guard_run);
/* whether it ends the policy */
MGX_REPORT(ejects, "%d", r.guard_ejects);
/* batches in a row that were too dear, up to now */
MGX_REPORT(worse, "%u", r.worse);
/* milliseconds that a batch may take, of the policy in charge */
MGX_REPORT(timeout_ms, "%llu", r.timeout_ms);

/* version of the module */
MGX_SHOW(version)
{
	return sysfs_emit(buf, MGX_VERSION_STR "\n");
}
MGX_ATTR(version);

/* MGX_OPS_VERSION that a policy has to be written for */
MGX_SHOW(interface)
{
	return sysfs_emit(buf, "%d\n", MGX_OPS_VERSION);
}
MGX_ATTR(interface);

/* "armed" while migrations are looked at, else "idle" */
MGX_SHOW(hooks)
{
	return sysfs_emit(buf, "%s\n", mgx_hook_armed() ? "armed" : "idle");
}
MGX_ATTR(hooks);

/* functions that are hooked; 0 a second after the last policy has gone */
MGX_SHOW(hooked)
{
	return sysfs_emit(buf, "%u\n", mgx_hook_nr());
}
MGX_ATTR(hooked);

/* migrations that can be in progress with a context of their own */
MGX_SHOW(reserve)
{
	return sysfs_emit(buf, "%u\n", mgx_reserve_size());
}
MGX_ATTR(reserve);

/* any write ends the policy in charge; who holds it keeps its place */
static ssize_t eject_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t len)
{
	mgx_policy_eject();
	return len;
}

static struct kobj_attribute mgx_attr_eject =
	__ATTR(eject, 0200, NULL, eject_store);

static ssize_t mgx_live_read(struct file *file, struct kobject *kobj,
			     mgx_bin_attribute *attr, char *buf, loff_t off,
			     size_t len)
{
	return mgx_dump_read_live(buf, off, len);
}

static ssize_t mgx_kept_read(struct file *file, struct kobject *kobj,
			     mgx_bin_attribute *attr, char *buf, loff_t off,
			     size_t len)
{
	return mgx_dump_read_kept(buf, off, len);
}

/* The state of the module and of the policy in charge, now. */
static mgx_bin_attribute mgx_attr_live = {
	.attr = { .name = "dump", .mode = 0400 },
	.read = mgx_live_read,
};

/* exit/: the same, when the last policy ended because of an error */
static mgx_bin_attribute mgx_attr_kept = {
	.attr = { .name = "dump", .mode = 0444 },
	.read = mgx_kept_read,
};

static mgx_bin_attribute *mgx_bin_list mgx_bin_attrs[] = {
	&mgx_attr_live,
	NULL,
};

static mgx_bin_attribute *mgx_bin_list mgx_exit_bin_attrs[] = {
	&mgx_attr_kept,
	NULL,
};

static struct kobj_attribute mgx_attr_stat;

static struct attribute *mgx_attrs[] = {
	&mgx_attr_version.attr,	      &mgx_attr_interface.attr,
	&mgx_attr_state.attr,	      &mgx_attr_ops.attr,
	&mgx_attr_enable_seq.attr,    &mgx_attr_nr_rejected.attr,
	&mgx_attr_reject_reason.attr, &mgx_attr_hooks.attr,
	&mgx_attr_hooked.attr,	      &mgx_attr_reserve.attr,
	&mgx_attr_timeout_ms.attr,    &mgx_attr_eject.attr,
	&mgx_attr_stat.attr,	      NULL,
};

static struct attribute *mgx_exit_attrs[] = {
	&mgx_attr_name.attr,
	&mgx_attr_kind.attr,
	&mgx_attr_code.attr,
	&mgx_attr_msg.attr,
	NULL,
};

static struct attribute *mgx_guard_attrs[] = {
	&mgx_attr_percent.attr,
	&mgx_attr_run.attr,
	&mgx_attr_ejects.attr,
	&mgx_attr_worse.attr,
	NULL,
};

/* A counter: its index is its place in the array it belongs to. */
static struct kobj_attribute mgx_event_attrs[MGX_NR_EVENTS];
static struct kobj_attribute mgx_reason_attrs[MGX_NR_REASONS];
static struct attribute *mgx_event_list[MGX_NR_EVENTS + 1];
static struct attribute *mgx_reason_list[MGX_NR_REASONS + 1];

static ssize_t mgx_event_show(struct kobject *kobj, struct kobj_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%llu\n", mgx_event_sum(attr - mgx_event_attrs));
}

static ssize_t mgx_reason_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  mgx_reason_sum(attr - mgx_reason_attrs));
}

static const char *const mgx_reason_names[] = MGX_REASON_NAMES;

typedef ssize_t (*mgx_show_t)(struct kobject *kobj, struct kobj_attribute *attr,
			      char *buf);

static void mgx_counter_fill(struct kobj_attribute *attr,
			     struct attribute **list, const char *name,
			     mgx_show_t show)
{
	sysfs_attr_init(&attr->attr);
	attr->attr.name = name;
	attr->attr.mode = 0444;
	attr->show = show;
	*list = &attr->attr;
}

static void mgx_counters_fill(void)
{
	u32 i;

	for (i = 0; i < MGX_NR_EVENTS; i++)
		mgx_counter_fill(&mgx_event_attrs[i], &mgx_event_list[i],
				 mgx_event_name(i), mgx_event_show);
	for (i = 0; i < MGX_NR_REASONS; i++)
		mgx_counter_fill(&mgx_reason_attrs[i], &mgx_reason_list[i],
				 mgx_reason_names[i], mgx_reason_show);
}

/**
 * mgx_stat_add() - add a line to a file that says what others say
 * @buf: a page
 * @len: of what is in it
 * @dir: where the other file is, with a slash, or ""
 * @name: of the other file
 * @value: its content; of that the first line
 *
 * Return: bytes that were added.
 */
int mgx_stat_add(char *buf, int len, const char *dir, const char *name,
		 const char *value)
{
	return sysfs_emit_at(buf, len, "%s%s %.*s\n", dir, name,
			     (int)strcspn(value, "\n"), value);
}

static int mgx_stat_list(struct kobject *kobj, char *buf, int len,
			 const char *dir, struct attribute **list, char *value)
{
	struct kobj_attribute *attr;

	for (; *list; list++) {
		attr = container_of(*list, struct kobj_attribute, attr);
		if (!attr->show || attr == &mgx_attr_stat)
			continue;
		attr->show(kobj, attr, value);
		len += mgx_stat_add(buf, len, dir, attr->attr.name, value);
	}
	return len;
}

/*
 * All that the files below say, but for guard and channels, in one read: a line
 * a file, its path and its value. For who samples: a file a figure is dear.
 */
MGX_SHOW(stat)
{
	static const struct {
		const char *dir;
		struct attribute **list;
	} parts[] = {
		{ "", mgx_attrs },
		{ "exit/", mgx_exit_attrs },
		{ "events/", mgx_event_list },
		{ "reasons/", mgx_reason_list },
	};
	char *value = (char *)__get_free_page(GFP_KERNEL);
	int i, len = 0;

	if (!value)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		len = mgx_stat_list(kobj, buf, len, parts[i].dir, parts[i].list,
				    value);
	free_page((unsigned long)value);
	return len;
}

static struct kobj_attribute mgx_attr_stat = __ATTR_RO(stat);

static const struct attribute_group mgx_group = {
	.attrs = mgx_attrs,
	.bin_attrs = mgx_bin_attrs,
};

static const struct attribute_group mgx_exit_group = {
	.name = "exit",
	.attrs = mgx_exit_attrs,
	.bin_attrs = mgx_exit_bin_attrs,
};

static const struct attribute_group mgx_guard_group = {
	.name = "guard",
	.attrs = mgx_guard_attrs,
};

static const struct attribute_group mgx_event_group = {
	.name = "events",
	.attrs = mgx_event_list,
};
static const struct attribute_group mgx_reason_group = {
	.name = "reasons",
	.attrs = mgx_reason_list,
};
static const struct attribute_group *mgx_groups[] = {
	&mgx_group,	  &mgx_exit_group,   &mgx_guard_group,
	&mgx_event_group, &mgx_reason_group, NULL,
};

static struct kobject *mgx_kobj;

/**
 * mgx_sysfs_exit() - remove /sys/kernel/migrate_ext
 */
void mgx_sysfs_exit(void)
{
	mgx_channel_exit();
	kobject_put(mgx_kobj);
}

/**
 * mgx_sysfs_init() - make /sys/kernel/migrate_ext
 *
 * Return: 0 or a negative errno, then nothing is left behind.
 */
int mgx_sysfs_init(void)
{
	int rc;

	mgx_counters_fill();
	mgx_kobj = kobject_create_and_add("migrate_ext", kernel_kobj);
	if (!mgx_kobj)
		return -ENOMEM;
	rc = sysfs_create_groups(mgx_kobj, mgx_groups);
	if (!rc)
		rc = mgx_channel_init(mgx_kobj);
	if (rc)
		kobject_put(mgx_kobj);
	return rc;
}
