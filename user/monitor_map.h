/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * monitor_map.h - reads the monitor's pinned maps; needs no privileges.
 */
#ifndef _MGX_MONITOR_MAP_H
#define _MGX_MONITOR_MAP_H

#include "pin.h"
#include "sample.h"

#define PIN_MONITOR PIN_DIR "/monitor"

/* The file of the programs, in monitor.c. */
extern const unsigned char monitor_object[], monitor_object_end[];

struct monitor_map;

struct monitor_map *monitor_map_new(void);
void monitor_map_free(struct monitor_map *maps);

/* Fills in what the monitor has counted; nothing if there is none. */
void monitor_map_read(struct monitor_map *maps, struct sample *sample);

#endif /* _MGX_MONITOR_MAP_H */
