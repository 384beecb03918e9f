// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump.c - the state of the module and of its policy, as text: on demand, and
 * at the end of a policy that failed.
 *
 * The kernel's own figures come first, so that there is a dump even when the
 * policy has no dump(). What does not fit is cut, which is counted.
 */
#include <linux/ctype.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sprintf.h>

#include "mgx.h"

static DEFINE_MUTEX(mgx_dump_mutex);  /* protects both */
static struct mgx_dump mgx_dump_live; /* as the last reader began to read it */
static struct mgx_dump mgx_dump_last; /* of the policy that ended last */

/**
 * mgx_dump_alloc() - make room for a dump
 * @dump: empty
 * @size: bytes
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int mgx_dump_alloc(struct mgx_dump *dump, u32 size)
{
	*dump = (struct mgx_dump){ .size = size };
	dump->buf = kvzalloc(size, GFP_KERNEL);
	return dump->buf ? 0 : -ENOMEM;
}

/**
 * mgx_dump_free() - free a dump
 * @dump: it is empty then; may have been
 */
void mgx_dump_free(struct mgx_dump *dump)
{
	kvfree(dump->buf);
	*dump = (struct mgx_dump){};
}

static __printf(2, 3) void mgx_dump_printf(struct mgx_dump *dump,
					   const char *fmt, ...)
{
	u32 room = dump->size - dump->len;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(dump->buf + dump->len, room, fmt, args);
	va_end(args);
	dump->cut |= n >= room;
	dump->len += min_t(u32, n, room - 1);
}

/**
 * mgx_text_copy() - take over text of a policy
 * @to: room for it
 * @size: bytes of @to
 * @from: text, not necessarily with an end: what is behind may not be mapped
 * @len: bytes of @from, up to a 0 byte
 *
 * It goes to terminals, so only what can be printed is taken over.
 */
void mgx_text_copy(char *to, u32 size, const char *from, u32 len)
{
	u32 i;

	for (i = 0; i < min(len, size - 1) && from[i]; i++)
		to[i] = isascii(from[i]) && isprint(from[i]) ? from[i] : '?';
	to[i] = '\0';
}

/**
 * mgx_dump_line() - add what a policy prints
 * @dump: a dump that is being written
 * @line: see mgx_text_copy()
 * @len: likewise
 */
void mgx_dump_line(struct mgx_dump *dump, const char *line, u32 len)
{
	char text[MGX_DUMP_LINE];

	mgx_text_copy(text, sizeof(text), line, len);
	mgx_dump_printf(dump, "%s\n", text);
}

static void mgx_dump_channels(struct mgx_dump *dump)
{
	static const char *const kinds[] = MGX_KIND_NAMES;
	static const char *const states[] = MGX_STATE_NAMES;
	struct mgx_channel_info info;
	u32 id;

	for (id = 0; id < MGX_MAX_CHANNELS; id++) {
		if (mgx_channel_info(id, &info))
			continue;
		mgx_dump_printf(
			dump,
			"channel %u: %s, node %d, %s, copies %llu, bytes %llu, errors %llu, inflight %llu, mbps %llu, p50_ns %llu, p99_ns %llu\n",
			id, kinds[info.kind], info.nid, states[info.state],
			info.copies, info.bytes, info.errors, info.inflight,
			info.ewma_mbps, info.p50_ns, info.p99_ns);
	}
}

/**
 * mgx_dump_state() - write a dump
 * @dump: room for it, empty
 * @policy: whose state is wanted as well, or NULL
 *
 * Context: process, may sleep; @policy is kept by the caller.
 */
void mgx_dump_state(struct mgx_dump *dump, struct mgx_policy *policy)
{
	u32 i;

	mgx_event(dumps);
	mgx_dump_printf(
		dump, "policy %s: %s, batches in a row too dear: %u\n",
		policy ? policy->ops->name : "-",
		policy ? mgx_exit_kind_name(atomic_read(&policy->ended)) :
			 "none",
		policy ? atomic_read(&policy->worse) : 0);
	for (i = 0; i < MGX_NR_EVENTS; i++)
		if (mgx_event_sum(i))
			mgx_dump_printf(dump, "event %s: %llu\n",
					mgx_event_name(i), mgx_event_sum(i));
	mgx_dump_channels(dump);
	if (policy)
		mgx_policy_dump(policy, dump);
	if (dump->cut)
		mgx_event(dumps_cut);
}

/**
 * mgx_dump_keep() - the dump of the policy that ended last
 * @dump: taken over; empty if there is none
 */
void mgx_dump_keep(struct mgx_dump *dump)
{
	mutex_lock(&mgx_dump_mutex);
	swap(mgx_dump_last, *dump);
	mutex_unlock(&mgx_dump_mutex);
	mgx_dump_free(dump);
}

static ssize_t mgx_dump_copy(const struct mgx_dump *dump, char *buf, loff_t off,
			     size_t len)
{
	return memory_read_from_buffer(buf, len, &off, dump->buf, dump->len);
}

/* @policy cannot go away meanwhile: its end waits for mgx_srcu. */
static int mgx_dump_refresh(void)
{
	int srcu, rc = 0;

	if (!mgx_dump_live.buf)
		rc = mgx_dump_alloc(&mgx_dump_live, MGX_DUMP_MAX);
	if (rc)
		return rc;
	mgx_dump_live.len = 0;
	mgx_dump_live.cut = false;
	srcu = srcu_read_lock(&mgx_srcu);
	mgx_dump_state(&mgx_dump_live, mgx_policy_get());
	srcu_read_unlock(&mgx_srcu, srcu);
	return 0;
}

/**
 * mgx_dump_read_live() - read the state as it is now
 * @buf: where to
 * @off: from where; at 0 a new dump is made
 * @len: bytes of @buf
 *
 * Return: bytes read or a negative errno.
 */
ssize_t mgx_dump_read_live(char *buf, loff_t off, size_t len)
{
	ssize_t rc = 0;

	mutex_lock(&mgx_dump_mutex);
	if (!off)
		rc = mgx_dump_refresh();
	rc = rc ?: mgx_dump_copy(&mgx_dump_live, buf, off, len);
	mutex_unlock(&mgx_dump_mutex);
	return rc;
}

/**
 * mgx_dump_read_kept() - read the dump of the policy that ended last
 * @buf: where to
 * @off: from where
 * @len: bytes of @buf
 *
 * Return: bytes read.
 */
ssize_t mgx_dump_read_kept(char *buf, loff_t off, size_t len)
{
	ssize_t rc;

	mutex_lock(&mgx_dump_mutex);
	rc = mgx_dump_copy(&mgx_dump_last, buf, off, len);
	mutex_unlock(&mgx_dump_mutex);
	return rc;
}

/**
 * mgx_dump_exit() - free what was kept
 *
 * Context: the files that read it are gone, and so are all policies.
 */
void mgx_dump_exit(void)
{
	mgx_dump_free(&mgx_dump_live);
	mgx_dump_free(&mgx_dump_last);
}
