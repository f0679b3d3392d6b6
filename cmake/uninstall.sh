#!/bin/sh
# uninstall.sh MANIFEST: removes the files that `cmake --install` has listed in MANIFEST, below
# DESTDIR, and then sluice's own directories if they are empty.
set -eu

manifest=$1
root=${DESTDIR:-}
if [ ! -f "$manifest" ]; then
  echo "sluice: $manifest is missing: make install with the same PREFIX writes it" >&2
  exit 1
fi

# The last line of the list has no newline.
while IFS= read -r file || [ -n "$file" ]; do
  if [ -e "$root$file" ] || [ -L "$root$file" ]; then
    rm -f -- "$root$file"
    echo "removed $root$file"
  fi
  directory=$(dirname "$file")
  while :; do
    case $directory in
      */sluice | */sluice/*) rmdir -- "$root$directory" 2>/dev/null || break ;;
      *) break ;;
    esac
    directory=$(dirname "$directory")
  done
done <"$manifest"
