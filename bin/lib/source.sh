# shellcheck shell=sh
# The source with its dependencies, ready to be run by Node: the checkout itself where it may be written, else a copy of it
# in the cache.

# source_is_ready FOLDER: the dependencies of this lock file are there.
source_is_ready() {
  [ -e "$1/node_modules/.package-lock.json" ] && [ ! "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ]
}

# Sets source (a folder to run from), installing dependencies when needed. One at a time: many may start in a fresh clone.
source_prepare() {
  source=$checkout
  if source_is_ready "$source"; then return 0; fi
  node_lock || return 1
  if [ ! -w "$checkout" ] || { [ -e "$checkout/node_modules" ] && [ ! -w "$checkout/node_modules" ]; }; then
    source_copy || return 1
  fi
  if ! source_is_ready "$source"; then
    node_say "installing the dependencies in $source (once)"
    source_omit=dev
    if [ -e "$source/node_modules/typescript" ]; then source_omit=none; fi
    (cd "$source" && node_npm ci --omit="$source_omit" --no-audit --no-fund --loglevel=error) >&2 &&
      touch "$source/node_modules/.package-lock.json" || return 1
  fi
  exec 9>&-
}

# A copy in the cache, one for each state of the checkout.
source_copy() {
  source=$landfall_cache/source-$(cd "$checkout" && find package-lock.json src buildpacks images -type f -exec cksum {} + | sort | cksum | tr -d ' ')
  [ ! -e "$source/package.json" ] || return 0
  rm -rf "$source.new"
  mkdir -p "$source.new"
  (cd "$checkout" && tar -cf - package.json package-lock.json .npmrc src buildpacks images) | tar -xf - -C "$source.new" --no-same-owner &&
    mv "$source.new" "$source"
}
