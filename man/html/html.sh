#!/bin/sh
# html.sh MANDOC FOLDER PAGE...: writes the pages as HTML, and an index of them, into FOLDER.
#
# A reference to one of these pages becomes a link to its file. Other pages are those of Debian.
set -eu
mandoc=$1
folder=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
elsewhere=https://manpages.debian.org/%N.%S
mkdir -p "$folder"
cp "$here/style.css" "$folder/style.css"
folder=$(cd "$folder" && pwd)

# mandoc makes the first kind of link for a page that it finds in the current directory.
cd "$here/.."
for page; do
  "$mandoc" -T html -O "style=style.css,toc,man=%N.%S.html;$elsewhere" "$page" >"$folder/new.tmp"
  mv "$folder/new.tmp" "$folder/$page.html"
done

# list SECTION TITLE PAGE...: the lines of the index for the pages of that section.
list() {
  section=$1
  printf '<h2>%s</h2>\n<dl>\n' "$2"
  shift 2
  for page; do
    case $page in *."$section") ;; *) continue ;; esac
    what=$(sed -n 's/^\.Nd //p' "$page" | sed 's/&/\&amp;/g; s/</\&lt;/g')
    printf '<dt><a href="%s.html">%s(%s)</a></dt><dd>%s</dd>\n' \
      "$page" "${page%.*}" "$section" "$what"
  done
  printf '</dl>\n'
}
{
  printf '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
  printf '<title>The pages of sluice</title>\n<link rel="stylesheet" href="style.css">\n'
  printf '</head>\n<body>\n<h1>The pages of sluice</h1>\n'
  list 7 'Tutorials and concepts' "$@"
  list 1 'Programs' "$@"
  list 8 'The daemon' "$@"
  list 5 'Its configuration' "$@"
  list 3 'The library' "$@"
  printf '</body>\n</html>\n'
} >"$folder/new.tmp"
mv "$folder/new.tmp" "$folder/index.html"
