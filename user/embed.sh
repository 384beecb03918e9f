#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# embed.sh DIR: writes the C source of asset.h's table: all files below DIR,
# which may be missing.
set -eu

dir=$1

type_of()
{
	case $1 in
	*.html) echo "text/html; charset=utf-8" ;;
	*.js) echo "text/javascript; charset=utf-8" ;;
	*.css) echo "text/css; charset=utf-8" ;;
	*.svg) echo "image/svg+xml" ;;
	*.json) echo "application/json" ;;
	*) echo "text/plain; charset=utf-8" ;;
	esac
}

files=
[ ! -d "$dir" ] || files=$(cd "$dir" && find . -type f ! -name '.*' | sort)

cat <<END
// SPDX-License-Identifier: GPL-2.0-only
/* Written by embed.sh. */
#include <stddef.h>

#include "asset.h"

#define EMBED(name, file)                                                 \\
	__asm__(".section .rodata\\n" #name ": .incbin \\"" file "\\"\\n"     \\
		#name "_end:\\n.previous\\n");                              \\
	extern const unsigned char name[], name##_end[]

END
n=0
for file in $files; do
	echo "EMBED(asset_$n, \"$dir/${file#./}\");"
	n=$((n + 1))
done
echo
echo "const struct asset assets[] = {"
n=0
for file in $files; do
	echo "	{ \"/${file#./}\", \"$(type_of "$file")\", asset_$n, asset_${n}_end },"
	n=$((n + 1))
done
echo "	{ 0 }"
echo "};"
