#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of mgxctl's man page and completion: they name what the program has.
exec "$(dirname "$0")/enter.sh" make --no-print-directory -s -C /src/user \
	O=/src/build/bin check
