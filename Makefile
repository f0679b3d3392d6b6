# For makes other than GNU make, such as BSD's: passes each target on to gmake.
#
# The rules are in GNUmakefile, which GNU make reads instead of this file. Variables from the
# command line, as in `make install PREFIX=/opt`, reach gmake through the environment; MAKEFLAGS does
# not, because its format differs from one make to another.

GMAKE = gmake
PASS_ON = @command -v $(GMAKE) >/dev/null || { \
	  echo 'sluice: the build needs GNU make: install it, then run $(GMAKE) or make again' >&2; \
	  exit 1; }; exec env MAKEFLAGS= $(GMAKE) --no-print-directory

all:
	$(PASS_ON) all

.DEFAULT:
	$(PASS_ON) $@
