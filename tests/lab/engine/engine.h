/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_ENGINE_H
#define _MGX_ENGINE_ENGINE_H

#include "server.h"

#define ENGINE_MAX_FUNCTIONS 8

/* All that this process serves */
struct engine {
	unsigned int nr;
	struct server servers[ENGINE_MAX_FUNCTIONS];
};

#endif /* _MGX_ENGINE_ENGINE_H */
