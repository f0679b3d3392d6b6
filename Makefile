# A thin front over CMake and CTest: each word here is a preset of CMakePresets.json.
#
#   make            build the library and the daemon (build/release)
#   make run        build, then start the daemon in the foreground; make run ARGS='--help'
#   make test       build and run every test (build/test)
#   make sanitize   the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   make tsan       the same under ThreadSanitizer
#   make valgrind   the same build and tests under valgrind's memcheck (build/test)
#   make coverage   which lines and branches the tests run, by file (build/coverage)
#   make fuzz       let each fuzz target search for SECONDS=60 (build/fuzz)
#   make faults     let every call of the library and the daemon fail in every way (build/test)
#   make hostile    hostile peers for longer: 1 GiB, a minute without descriptors (build/test)
#   make soak       mixed load for MINUTES=60; nothing may grow
#   make million    1,000,000 connections through one daemon, in a network namespace
#   make lint       layout, clang-tidy, man pages, the direction of includes
#   make format     lay the sources out as `make lint` wants them
#   make bench      measure beside other servers; prints a table
#   make bench-scan the same for the scanner, beside nmap, over networks with delay and loss
#   make install    PREFIX=/usr/local DESTDIR=; make uninstall takes away what it put there
#   make dist       a source tarball of the last commit
#   make clean      remove build/
#
# What is missing is installed from Debian's packages: cmake/packages.txt.

PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
ARGS    ?=
# Most tests wait, for time or for a peer, and few compute.
TESTS_AT_ONCE ?= $(shell expr 2 '*' $(JOBS))
SECONDS ?= 60
MINUTES ?= 60

VERSION = $(shell awk '/^project/ { print $$3 }' CMakeLists.txt)
SOURCES = $(shell find reactor protocols tools tests man/examples -name '*.cc' -o -name '*.h')
need    = @./cmake/ensure-packages.sh

all:
	$(need) run
	@cmake --preset release -DCMAKE_INSTALL_PREFIX='$(PREFIX)' --log-level=NOTICE >/dev/null
	@cmake --build --preset release -j $(JOBS)

run: all
	@exec ./build/release/bin/sluiced $(ARGS)

test sanitize tsan valgrind:
	$(need) run test $(filter-out test,$(packages.$@))
	@cmake --preset $(preset.$@) --log-level=NOTICE >/dev/null
	@cmake --build --preset $(preset.$@) -j $(JOBS)
	@ctest --preset $(preset.$@) -j $(TESTS_AT_ONCE)

preset.test       = test
preset.sanitize   = asan
preset.tsan       = tsan
preset.valgrind   = valgrind
packages.sanitize = sanitize
packages.tsan     = sanitize
packages.valgrind = valgrind

# Each run counts anew.
coverage:
	$(need) run test
	@cmake --preset coverage --log-level=NOTICE >/dev/null
	@cmake --build --preset coverage -j $(JOBS)
	@find build/coverage -name '*.gcda' -exec rm -f {} +
	@ctest --preset coverage -j $(TESTS_AT_ONCE)
	@python3 tests/coverage/coverage.py --build build/coverage

bench:
	$(need) run bench
	@cmake --preset bench
	@cmake --build --preset bench -j $(JOBS)

bench-scan:
	$(need) run bench
	@cmake --preset bench
	@cmake --build build/bench --target bench_scan -j $(JOBS)

fuzz:
	$(need) run sanitize
	@cmake --preset fuzz --log-level=NOTICE >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)
	@python3 tests/fuzz/run.py --build build/fuzz --seconds $(SECONDS)

faults:
	$(need) run test
	@cmake --preset test --log-level=NOTICE >/dev/null
	@cmake --build --preset test -j $(JOBS) --target faults_all

hostile:
	$(need) run test
	@cmake --preset test --log-level=NOTICE >/dev/null
	@cmake --build --preset test -j $(JOBS)
	@SLUICE_HOSTILE=long ctest --preset test -R '^hostile_'

soak: all
	$(need) test
	@SLUICED=build/release/bin/sluiced python3 tests/soak/soak.py --minutes $(MINUTES)

million: all
	@cmake --preset bench --log-level=NOTICE >/dev/null
	@cmake --build build/bench --target bench_load -j $(JOBS)
	@SLUICED=build/release/bin/sluiced python3 tests/soak/million.py --load build/bench/bin/bench_load

# clang-tidy needs a compilation database, not a build.
lint:
	$(need) run lint
	@echo 'lint: layout'
	@clang-format-14 --dry-run -Werror $(SOURCES)
	@python3 tests/lint/text.py $(SOURCES)
	@echo 'lint: includes'
	@python3 tests/lint/include_layers.py .
	@echo 'lint: man pages'
	@python3 tests/man/check_xrefs.py --source .
	@echo 'lint: clang-tidy'
	@cmake --preset lint --log-level=NOTICE >/dev/null
	@python3 tests/lint/clang_tidy.py --build build/lint --jobs $(JOBS)

format:
	$(need) lint
	@clang-format-14 -i $(SOURCES)

install: all
	@DESTDIR='$(DESTDIR)' cmake --install build/release --strip
	@if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi

uninstall:
	@DESTDIR='$(DESTDIR)' ./cmake/uninstall.sh build/release/install_manifest.txt

dist:
	@git diff --quiet HEAD || echo 'dist: what is not committed is left out' >&2
	git archive --prefix=sluice-$(VERSION)/ -o sluice-$(VERSION).tar.gz HEAD

clean:
	rm -rf build

.PHONY: all run test sanitize tsan valgrind coverage fuzz faults hostile soak million bench \
        bench-scan lint format install uninstall dist clean
