/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin.h - what a loaded policy leaves in the BPF file system.
 *
 * Maps are staged in a directory of their own and move to their place in one
 * step once the policy is in charge, so that a load that fails, or is killed,
 * leaves nothing that the next one trips over.
 */
#ifndef _MGXCTL_PIN_H
#define _MGXCTL_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include <bpf/libbpf.h>

#define BPFFS	 "/sys/fs/bpf"
#define PIN_DIR	 BPFFS "/migrate_ext"
#define PIN_LINK PIN_DIR "/link"
#define PIN_MAPS PIN_DIR "/maps"

bool pin_bpffs_mounted(void);

/*
 * Keeps the way to PIN_DIR open for when this process may not enter BPFFS any
 * more; pin_place() finds what lies below it. Does nothing if it is not there.
 */
void pin_enter(void);
const char *pin_place(const char *name, char *path, size_t size);

/* Keeps other loaders out. Returns an fd; records an error. */
int pin_lock(void);
/* Lets them in; the directory goes if nothing is pinned in it. */
void pin_unlock(int fd);

/* Pins a policy's maps, not yet in their place. Records an error. */
int pin_stage_maps(const struct bpf_object *object);
/* Puts staged maps into their place. Records an error. */
int pin_commit_maps(void);
void pin_discard_staged(void);

/* Removes link and maps. */
void pin_remove(void);

#endif /* _MGXCTL_PIN_H */
