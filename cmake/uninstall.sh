#!/bin/sh
# uninstall.sh MANIFEST: removes the files that `cmake --install` listed there, below DESTDIR, and
# those directories of sluice's own that are then empty.
set -eu

manifest=$1
root=${DESTDIR:-}
if [ ! -f "$manifest" ]; then
  echo "sluice: no $manifest: run make install with the same PREFIX first, it lists the files" >&2
  exit 1
fi

# The list has no newline after its last line.
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
