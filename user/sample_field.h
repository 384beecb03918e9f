/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_field.h - the members of samples, by the files that say them.
 */
#ifndef _MGX_SAMPLE_FIELD_H
#define _MGX_SAMPLE_FIELD_H

#include "field.h"

extern const struct field sample_file_fields[];
extern const struct field sample_channel_fields[];

#endif /* _MGX_SAMPLE_FIELD_H */
