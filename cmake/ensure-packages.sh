#!/bin/sh
# ensure-packages.sh GROUP...: installs the missing Debian packages of these groups (packages.txt).
# ensure-packages.sh --check COMMAND GROUP...: installs nothing: it names the missing packages, says
# that COMMAND installs them, and exits with 1.
#
# When nothing is missing it prints nothing and does not call apt. On a system without apt it names
# what is missing and exits with 1; it looks for commands and headers there, because the packages
# have other names.
set -eu

list=${SLUICE_PACKAGES:-$(dirname "$0")/packages.txt}
usage() {
  echo "usage: ensure-packages.sh [--check COMMAND] GROUP..." >&2
  exit 2
}
installer=
if [ "${1:-}" = --check ]; then
  [ $# -ge 2 ] || usage
  installer=$2
  shift 2
fi
[ $# -gt 0 ] || usage

say() { printf 'sluice: %s\n' "$*" >&2; }

# "PACKAGE EVIDENCE" of the requested groups, each package once.
wanted=$(awk -v groups="$*" '
  BEGIN { count = split(groups, name, " "); for (i = 1; i <= count; ++i) asked[name[i]] = 1 }
  /^[a-z]/ { known[$1] = 1; if (($1 in asked) && !seen[$2]++) print $2, $3 }
  END { for (i = 1; i <= count; ++i) if (!(name[i] in known)) {
          print "no group \"" name[i] "\" in packages.txt" > "/dev/stderr"; exit 2 } }
' "$list")
packages=$(printf '%s\n' "$wanted" | awk '{ print $1 }')

is_there() { # EVIDENCE
  case $1 in
    any:*) command -v "${1#any:}" >/dev/null 2>&1 ;;
    '<'*) printf '#include %s\n' "$1" | ${CXX:-c++} -std=c++20 -fsyntax-only -xc++ - 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  absent=$(printf '%s\n' "$wanted" | while read -r package evidence; do
    is_there "$evidence" || printf ' %s' "$package"
  done)
  [ -n "$absent" ] || exit 0
  say "this system has no apt, and these are missing (Debian's names):$absent"
  say "install them with this system's own package manager, then run make again"
  exit 1
fi

# shellcheck disable=SC2086  # package names hold no blanks
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null |
  awk '$2 == "installed" { print $1 }') || true
missing=$(printf '%s\n' "$wanted" | while read -r package evidence; do
  printf '%s\n' "$installed" | grep -qxF -- "$package" && continue
  case $evidence in any:*) is_there "$evidence" && continue ;; esac
  printf ' %s' "$package"
done)
[ -n "$missing" ] || exit 0

if [ -n "$installer" ]; then
  say "these Debian packages are missing:$missing"
  say "\"$installer\" installs them"
  exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    say "these Debian packages are missing:$missing"
    say "there is no sudo here; as root: apt-get install --no-install-recommends$missing"
    exit 1
  fi
  as_root=sudo
fi

say "installing Debian packages${as_root:+ through sudo}:$missing"
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >&2; }
apt -qq update || say "apt-get update failed; trying with the package lists that are here"
# shellcheck disable=SC2086
if ! apt -qq -y install --no-install-recommends $missing; then
  say "apt-get could not install:$missing"
  exit 1
fi
