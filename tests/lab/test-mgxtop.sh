#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Test of mgxtop, in tmux and without a terminal, on a recording that it writes
# itself: three channels, 96 MiB in the one second that lies between two samples.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

exec "$here/enter.sh" bash /src/tests/lab/mgxtop-inner.sh
