#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enter-cd.sh DIR CMD...: last part of enter.sh, inside the root: CMD in DIR.
cd "$1" 2>/dev/null || cd /
shift
exec "$@"
