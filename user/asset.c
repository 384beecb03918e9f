// SPDX-License-Identifier: GPL-2.0-only
/*
 * asset.c - files that are part of the program.
 */
#include <stddef.h>
#include <string.h>

#include "asset.h"

static const unsigned char listing[] =
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
	"<title>migrate_ext</title><h1>migrate_ext</h1>"
	"<p>mgxd is here, the dashboard is not part of this build.</p><ul>"
	"<li><a href=\"/api/v1/state\">/api/v1/state</a>"
	"<li><a href=\"/api/v1/history\">/api/v1/history</a>"
	"<li><a href=\"/api/v1/events\">/api/v1/events</a>"
	"<li><a href=\"/api/v1/rare\">/api/v1/rare</a>"
	"<li><a href=\"/api/v1/counters\">/api/v1/counters</a>"
	"<li><a href=\"/metrics\">/metrics</a></ul></html>\n";

static const struct asset plain = {
	.path = "/index.html",
	.type = "text/html; charset=utf-8",
	.start = listing,
	.end = listing + sizeof(listing) - 1,
};

const struct asset *asset_find(const char *path)
{
	if (!strcmp(path, "/"))
		path = plain.path;
	for (const struct asset *asset = assets; asset->path; asset++)
		if (!strcmp(path, asset->path))
			return asset;
	return strcmp(path, plain.path) ? NULL : &plain;
}
