/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slot.h - the one place for a policy: whether it is taken, and by whom.
 */
#ifndef _MGXCTL_SLOT_H
#define _MGXCTL_SLOT_H

#include <stdbool.h>

/**
 * enum slot_holder - who keeps a policy attached
 * @SLOT_FREE: there is none
 * @SLOT_PINNED: the pinned link
 * @SLOT_HELD: a process
 */
enum slot_holder {
	SLOT_FREE,
	SLOT_PINNED,
	SLOT_HELD,
};

/**
 * struct slot - the place for a policy
 * @holder: who keeps it attached
 * @link_fd: the pinned link, or -1
 * @active: the policy is in charge, so it has not ended by itself
 * @name: the policy
 */
struct slot {
	enum slot_holder holder;
	int link_fd;
	bool active;
	char name[64];
};

/* Call it with the pins locked. */
void slot_open(struct slot *slot);
void slot_close(struct slot *slot);

/* Detaches the policy of the pinned link and removes the pins. */
int slot_clear(struct slot *slot);

/* Records that a process holds the policy. */
int slot_fail_held(const struct slot *slot);

/*
 * Opens it and makes room: it is SLOT_FREE then, or SLOT_PINNED if @replace and
 * the policy that is there is to be swapped. Records an error, with @remedy, if
 * that one is to stay. Call it with the pins locked.
 */
int slot_claim(struct slot *slot, bool replace, const char *remedy);

#endif /* _MGXCTL_SLOT_H */
