# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's side of 'make lab-shell'.
# shellcheck source=guest-prepare.sh
. /src/tests/lab/guest-prepare.sh

load_module && load_policy mgx_reason
cat <<-END

	migrate_ext lab: $(uname -r), $(nproc) CPUs, 2 NUMA nodes.
	The repository is at /src, changes outside of it are lost at exit.
	Try: mgxctl status; numactl -H; ls /sys/kernel/migrate_ext/events

END
export PS1='lab:\w# '
exec bash --norc -i
