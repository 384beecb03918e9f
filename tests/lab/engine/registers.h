/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_REGISTERS_H
#define _MGX_ENGINE_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

struct function;

void registers_read(struct function *fn, size_t at, uint8_t *data, size_t len);
void registers_write(struct function *fn, size_t at, const uint8_t *data,
		     size_t len);

#endif /* _MGX_ENGINE_REGISTERS_H */
