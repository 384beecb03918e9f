// SPDX-License-Identifier: GPL-2.0-only
/*
 * slot.c - the one place for a policy.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "error.h"
#include "link.h"
#include "pin.h"
#include "slot.h"
#include "sysfs.h"

void slot_open(struct slot *slot)
{
	char state[16];

	memset(slot, 0, sizeof(*slot));
	sysfs_read("state", state, sizeof(state));
	sysfs_read("ops", slot->name, sizeof(slot->name));
	slot->active = !strcmp(state, "active");
	slot->link_fd = link_open_pinned();
	if (!*state || !strcmp(state, "none"))
		slot->holder = SLOT_FREE;
	else if (slot->link_fd >= 0 && link_is_attached(slot->link_fd))
		slot->holder = SLOT_PINNED;
	else
		slot->holder = SLOT_HELD;
}

void slot_close(struct slot *slot)
{
	if (slot->link_fd >= 0)
		close(slot->link_fd);
	slot->link_fd = -1;
}

int slot_clear(struct slot *slot)
{
	if (slot->holder == SLOT_PINNED && bpf_link_detach(slot->link_fd))
		return fail(NULL, "policy '%s' could not be detached: %s",
			    slot->name, strerror(errno));
	slot_close(slot);
	pin_remove();
	slot->holder = SLOT_FREE;
	return 0;
}

int slot_fail_held(const struct slot *slot)
{
	char holder[128];

	if (!link_find_holder(holder, sizeof(holder)))
		return fail(
			"find it with 'bpftool link' and remove its pin, or unload --force",
			"policy '%s' is held by a link that mgxctl did not make",
			slot->name);
	return fail(
		"end that process: the policy goes with it, or unload --force",
		"policy '%s' is held by %s", slot->name, holder);
}

int slot_claim(struct slot *slot, bool replace, const char *remedy)
{
	bool active;

	slot_open(slot);
	if (slot->holder == SLOT_HELD)
		return slot_fail_held(slot);
	active = slot->holder == SLOT_PINNED && slot->active;
	if (active && !replace)
		return fail(remedy, "policy '%s' is in charge", slot->name);
	if (active)
		return 0;
	/* Nothing, or what a policy that ended by itself has left. */
	if (slot->holder == SLOT_PINNED || slot->link_fd >= 0)
		return slot_clear(slot);
	return 0;
}
