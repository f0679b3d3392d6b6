#!/bin/sh
# Two browsers and an nc in one room of sluiced's page (test_page.mjs), after the package ws has
# talked to sluiced and sluice-talk (test_ws.mjs). What they need is fetched first, unless it is
# there from an earlier run.
set -eu
here=$(dirname "$0")
folder=$BUILD_DIR/browser
mkdir -p "$folder"
if [ ! -f "$folder/complete" ] ||
   ! cmp -s "$here/package-lock.json" "$folder/package-lock.json"; then
  rm -rf "$folder/complete" "$folder/node_modules"
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder"
  (cd "$folder" && npm ci --loglevel=error && touch complete)
fi
node "$here/test_ws.mjs" "$SLUICED" "$SLUICE_TALK" "$folder"
exec node "$here/test_page.mjs" "$SLUICED" "$SLUICECTL" "$folder"
