// SPDX-License-Identifier: GPL-2.0-only
/*
 * unload.c - 'mgxctl unload': takes the policy out of charge.
 */
#include <stdbool.h>
#include <string.h>

#include "error.h"
#include "link.h"
#include "module.h"
#include "option.h"
#include "pin.h"
#include "report.h"
#include "slot.h"

/* Who holds it sees that it is gone: its link stays, and is empty. */
static int slot_force(struct slot *slot)
{
	int err = link_detach_held();

	if (err)
		return fail("see 'mgxctl status'",
			    "policy '%s' could not be detached: %s", slot->name,
			    strerror(-err));
	pin_remove();
	return 0;
}

static int slot_unload(struct slot *slot, bool force)
{
	if (slot->holder == SLOT_HELD)
		return force ? slot_force(slot) : slot_fail_held(slot);
	if (slot->holder == SLOT_FREE) {
		pin_remove();
		return fail("see 'mgxctl status'", "no policy is loaded");
	}
	return slot_clear(slot);
}

int unload_run(const struct options *options, const char *arg)
{
	struct json_object *tree;
	struct slot slot;
	int lock_fd, err;

	(void)arg;
	if (module_require())
		return STATUS_FAILED;
	lock_fd = pin_lock();
	if (lock_fd < 0)
		return STATUS_FAILED;
	slot_open(&slot);
	err = slot_unload(&slot, options->force);
	slot_close(&slot);
	pin_unlock(lock_fd);
	if (err)
		return STATUS_FAILED;
	tree = json_object_new_object();
	put_string(tree, "unloaded", slot.name);
	report_exit_dump(tree, "exit");
	output_print(tree, options_form(options));
	return STATUS_OK;
}
