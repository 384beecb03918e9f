// SPDX-License-Identifier: GPL-2.0-only
/* bad_none - a BPF object with a map, but no policy. */
#include "mgx_common.bpf.h"
