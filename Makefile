# SPDX-License-Identifier: GPL-2.0-only
#
# migrate_ext: see 'make help'. Everything that is built goes to build/, or to
# the directory that MGX_BUILD names.

LABDIR := tests/lab
BUILD := $(abspath $(or $(MGX_BUILD),build))
export DESTDIR prefix

all:
	@$(LABDIR)/host-build.sh

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make             build for the running kernel, say what is missing for that
#: make install     puts what was built into its places: DESTDIR= prefix=/usr/local
#: make uninstall   takes it out again
#: make deb         Debian packages, built in the lab, in build/deb
#: make demo        the main job, from a clean machine: sets up the lab, boots it,
#:                  moves a live redis between NUMA nodes by a BPF policy
#: make test        all tests: on the host, then in the lab on both kernels
#:                  TESTS='name...' KERNELS='7' narrow it
#: make lab         set up the lab: Debian 13, two kernels, QEMU (done once)
#: make lab-update  the same, with today's versions of the packages
#: make lab-build   build module, policies, tools and tests in the lab
#: make lab-shell   a shell in the booted lab, everything loaded; KERNEL=6.12
#: make lab-run     CMD='...' KERNEL=6.12: one command there, module loaded
#: make test-mutations  breaks the safety checks one by one: tests must go red;
#:                  KERNEL=6.12, NAMES='refs mapping' narrow it
#: make test-hostile  a policy that means no good, for MINUTES=10 on each kernel,
#:                  while memory is migrated; KERNEL=6.12 for one kernel
#: make test-walk   a random walk of STEPS=1000 on each kernel: channels, engines,
#:                  drivers, threads, CPUs, memory and policies come and go; SEED=N
#:                  repeats one, KERNEL=6.12 for one kernel
#: make test-suspend  suspend and resume, as deep as pm_test goes, while memory is
#:                  moved and verified; KERNEL=6.12 for one kernel
#: make test-suites  suites by others: the kernel's tests of mm, stressapptest,
#:                  stress-ng, fio, PostgreSQL ..., each without the module, with it,
#:                  and with engines that fail: no case may end worse; hours;
#:                  KERNEL=6.12, SUITES='mm verify database' narrow it
#: make soak        kselftests, faults, suites by others in random order for
#:                  MINUTES=60, on both kernels at once; SEED=N repeats one,
#:                  KERNEL=6.12 for one kernel
#: make test-debug  kselftests, and the kernel's own of migration, on debug kernels
#:                  (KASAN, lockdep, kmemleak ...), which it builds first;
#:                  TESTS='name...' KERNELS='debug-7' narrow it; there is kcsan-7, too
#: make test-engine  the lab's engine itself, under the stock driver and dmatest;
#:                  KERNEL=6.12 for one kernel
#: make test-arm64  on arm64, with engines whose model, driver and kernel are all by
#:                  others, on machines that QEMU emulates; builds for it first;
#:                  MACHINES='versal versal-coherent raspi raspi-bounce virt'
#: make test-faults  each fault of an engine, that engine's and a simulated one's, with
#:                  folios of each kind, on both paths, under three policies;
#:                  KERNELS=7 for one kernel
#: make test-daemon  the slow tests of mgxd: fuzzers, Prometheus, a crowd of clients;
#:                  KERNEL=6.12 for one kernel
#: make test-dashboard  the dashboard in headless Chromium, which it installs in
#:                  build/browser: from the recording, then from a guest that
#:                  migrates; TESTS=page for the first alone, picture for README's
#: make test-install  what 'make install' and the packages put on a machine, from
#:                  installation to purge, for both kernels; their units under a
#:                  booted systemd; KERNEL=6.12 for one kernel
#: make dashboard   serves a recording of the lab: http://localhost:9465/
#: make bench       instructions per migrated page: stock, loaded, with policies;
#:                  KERNEL=6.12 for one kernel
#: make bench-compare  what it has measured last against the committed summaries,
#:                  tests/bench/summary-*.json: fails if a figure has grown too much
#: make bench-policies  throughput of each policy in each of 40 scenarios, on
#:                  simulated engines; KERNEL=6.12 for one kernel, and then
#:                  CHANNELS='slow dead' for some of the scenarios
#: make insns       writes tests/kselftest/insns.table anew: what the verifier looks
#:                  at for each program; a kselftest fails when one has grown
#: make check       shellcheck, checkpatch, sparse, cppcheck, clang-tidy, coccinelle ...
#: make clean       remove what was built, keep the lab and the debug kernels
#: make distclean   remove build/, with the lab
#:
#: KERNEL is a series (6.12, 7, 7.3), the newest without it.
#: MGX_BUILD=DIR builds in DIR instead of build/.

install uninstall:
	@user/install.sh '$(BUILD)' $@

deb: lab
	@$(LABDIR)/deb.sh

test-install: lab-build
	@tests/install/test.sh $(KERNEL)

lab:
	@$(LABDIR)/setup.sh

lab-update:
	@$(LABDIR)/setup.sh --update

lab-build: lab
	@$(LABDIR)/build.sh

lab-shell: lab-build
	@$(LABDIR)/run.sh --shell '$(KERNEL)'

lab-run: export LAB_CMD := $(value CMD)
lab-run: lab-build
	@$(LABDIR)/run.sh '$(KERNEL)' "$$LAB_CMD"

demo:
	@$(LABDIR)/demo.sh '$(KERNEL)'

test:
	@TESTS='$(TESTS)' KERNELS='$(KERNELS)' $(LABDIR)/test.sh

test-mutations: lab-build
	@tests/mutations/run.sh $(if $(KERNEL),-k '$(KERNEL)') $(NAMES)

test-hostile: lab-build
	@$(LABDIR)/hostile.sh '$(or $(MINUTES),10)' '$(KERNEL)'

test-walk: lab-build
	@$(LABDIR)/walk.sh '$(or $(STEPS),1000)' '$(SEED)' '$(KERNEL)'

test-suites: lab-build
	@tests/suites/run.sh '$(KERNEL)' $(SUITES)

soak: lab-build
	@$(LABDIR)/soak.sh '$(or $(MINUTES),60)' '$(SEED)' '$(KERNEL)'

test-debug:
	@TESTS='$(TESTS)' KERNELS='$(KERNELS)' $(LABDIR)/debug/test.sh

test-suspend: lab-build
	@$(LABDIR)/suspend/test.sh $(KERNEL)

test-engine: lab-build
	@tests/lab/engine/test.sh $(KERNEL)

lab-arm64: lab
	@$(LABDIR)/arm64/setup.sh
	@$(LABDIR)/arm64/build.sh

test-arm64: lab-arm64
	@MACHINES='$(MACHINES)' $(LABDIR)/arm64/test.sh

test-faults:
	@TESTS='engine_faults fault_matrix' KERNELS='$(KERNELS)' $(LABDIR)/test.sh

test-daemon: lab-build
	@tests/daemon/test.sh $(KERNEL)

test-dashboard: lab-build
	@tests/dashboard/run.sh $(TESTS)

dashboard: lab-build
	@$(LABDIR)/enter.sh /src/build/bin/mgxd --replay /src/user/recording/sample.jsonl

bench: lab-build
	@tests/bench/run.sh '$(KERNEL)'

bench-compare: lab
	@tests/bench/compare.sh '$(KERNEL)'

bench-policies: lab-build
	@tests/bench/policies.sh $(if $(KERNEL),'$(KERNEL)' $(CHANNELS))

insns: lab-build
	@$(LABDIR)/insns.sh

check: lab
	@$(LABDIR)/check.sh

clean:
	@$(LABDIR)/clean.sh

distclean:
	@$(LABDIR)/clean.sh --all

.PHONY: all help install uninstall deb lab lab-update lab-build lab-shell lab-run lab-arm64 demo test test-mutations test-hostile test-walk test-suites soak test-debug \
	test-suspend test-engine test-arm64 test-faults test-daemon test-install test-dashboard dashboard bench bench-compare \
	bench-policies insns check clean distclean
