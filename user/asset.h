/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asset.h - files that are part of the program.
 */
#ifndef _MGX_ASSET_H
#define _MGX_ASSET_H

/**
 * struct asset - a file of user/dashboard
 * @path: as a browser asks for it
 * @type: its media type
 * @start: its first byte
 * @end: behind its last
 */
struct asset {
	const char *path, *type;
	const unsigned char *start, *end;
};

/* Ended by an entry without a path; the makefile writes it. */
extern const struct asset assets[];

/* NULL if there is none. */
const struct asset *asset_find(const char *path);

#endif /* _MGX_ASSET_H */
