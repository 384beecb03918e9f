/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MGX_ENGINE_REPORT_H
#define _MGX_ENGINE_REPORT_H

#include <stdio.h>

struct engine;

void report_text(struct engine *engine, FILE *out);
void report_json(struct engine *engine, FILE *out);

#endif /* _MGX_ENGINE_REPORT_H */
