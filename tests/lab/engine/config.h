/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_CONFIG_H
#define _MGX_ENGINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_SIZE 4096

/**
 * struct config - config space of a PCI Express function
 * @value:	what is read
 * @writable:	bits that a write changes
 * @clearable:	bits that are cleared by writing ones
 */
struct config {
	uint8_t value[CONFIG_SIZE];
	uint8_t writable[CONFIG_SIZE];
	uint8_t clearable[CONFIG_SIZE];
};

void config_reset(struct config *config);
void config_write(struct config *config, size_t at, const uint8_t *data,
		  size_t len);
bool config_bus_master(const struct config *config);
void config_note_errors(struct config *config, uint32_t errors);

#endif /* _MGX_ENGINE_CONFIG_H */
