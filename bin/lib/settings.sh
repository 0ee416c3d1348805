# shellcheck shell=bash
# Settings: environment > LANDFALL_HOME/settings.json > default. The same rules as in src/config.ts, which reads the same
# file; they are checked here too, because here nothing is installed yet.

settings_names='LANDFALL_DOMAIN LANDFALL_HTTP_PORT LANDFALL_HTTPS_PORT LANDFALL_SSH_PORT LANDFALL_SUBNET LANDFALL_INSTANCE LANDFALL_INSECURE_HTTP LANDFALL_BASES LANDFALL_MIN_FREE_MB'

# Sets every LANDFALL_ variable, checked.
settings_load() {
  local file line name read
  LANDFALL_HOME=${LANDFALL_HOME:-/var/lib/landfall}
  while [ "${LANDFALL_HOME%/}" != "$LANDFALL_HOME" ] && [ "$LANDFALL_HOME" != / ]; do LANDFALL_HOME=${LANDFALL_HOME%/}; done
  setting_matches LANDFALL_HOME '^/[A-Za-z0-9._/-]*[A-Za-z0-9._-]$' 'an absolute path without spaces'
  # 107 bytes for a socket's path, less what the proxy's own names need.
  [ ${#LANDFALL_HOME} -le 74 ] ||
    setting_bad LANDFALL_HOME "at most 74 bytes long (${#LANDFALL_HOME} now): sockets are made in it, and their paths may have 107"
  file=$LANDFALL_HOME/settings.json
  if [ -e "$file" ]; then
    read=$(json_read "$file") || fail bad-setting "$file is not a flat JSON object." "Mend or remove $file."
    while IFS= read -r line; do
      name=${line%%=*}
      case " $settings_names " in *" $name "*) ;; *) continue ;; esac
      if [ "$name" = LANDFALL_INSTANCE ] && [ -n "${LANDFALL_INSTANCE:-}" ] && [ "$LANDFALL_INSTANCE" != "${line#*=}" ]; then
        fail bad-setting "$LANDFALL_HOME belongs to the instance ${line#*=}, not to $LANDFALL_INSTANCE." \
          "Give the other instance a LANDFALL_HOME of its own."
      fi
      [ -n "${!name:-}" ] || printf -v "$name" %s "${line#*=}"
    done <<<"$read"
  fi
  settings_domain_chosen=${LANDFALL_DOMAIN:-}
  LANDFALL_DOMAIN=${LANDFALL_DOMAIN:-localhost}
  LANDFALL_HTTP_PORT=${LANDFALL_HTTP_PORT:-80}
  LANDFALL_HTTPS_PORT=${LANDFALL_HTTPS_PORT:-443}
  LANDFALL_SSH_PORT=${LANDFALL_SSH_PORT:-2222}
  LANDFALL_SUBNET=${LANDFALL_SUBNET:-10.201.0.0/16}
  LANDFALL_INSTANCE=${LANDFALL_INSTANCE:-landfall}
  LANDFALL_INSECURE_HTTP=${LANDFALL_INSECURE_HTTP:-0}
  LANDFALL_BASES=${LANDFALL_BASES:-official}
  LANDFALL_MIN_FREE_MB=${LANDFALL_MIN_FREE_MB:-1024}
  settings_check
}

settings_check() {
  local label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?' octet='(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
  setting_matches LANDFALL_DOMAIN "^$label(\\.$label)*\$" 'a host name in lower case, like example.com'
  [ ${#LANDFALL_DOMAIN} -le 200 ] || setting_bad LANDFALL_DOMAIN 'at most 200 characters'
  setting_port LANDFALL_HTTP_PORT
  setting_port LANDFALL_HTTPS_PORT
  setting_port LANDFALL_SSH_PORT
  [ "$LANDFALL_HTTP_PORT" != "$LANDFALL_HTTPS_PORT" ] || setting_bad LANDFALL_HTTPS_PORT 'another port than LANDFALL_HTTP_PORT'
  [ "$LANDFALL_HTTP_PORT" != "$LANDFALL_SSH_PORT" ] || setting_bad LANDFALL_SSH_PORT 'another port than LANDFALL_HTTP_PORT'
  setting_matches LANDFALL_SUBNET "^$octet(\\.$octet){3}/(8|9|1[0-9]|2[0-4])\$" 'an IPv4 network like 10.201.0.0/16'
  setting_matches LANDFALL_INSTANCE '^[a-z][a-z0-9-]{0,30}$' 'lower-case letters, digits and dashes, 31 at most'
  setting_matches LANDFALL_INSECURE_HTTP '^[01]$' '0 or 1'
  setting_matches LANDFALL_BASES '^(official|local)$' 'official or local'
  setting_matches LANDFALL_MIN_FREE_MB '^[0-9]{1,9}$' 'a number of megabytes'
}

# Tokens in clear may not leave the machine unless the operator says so.
settings_check_clear() {
  case $LANDFALL_DOMAIN in localhost | *.localhost) return 0 ;; esac
  [ "$LANDFALL_INSECURE_HTTP" = 1 ] || fail insecure-http \
    "Under $LANDFALL_DOMAIN others can reach this server, and until it speaks HTTPS their tokens cross the network in clear." \
    "Accept that with LANDFALL_INSECURE_HTTP=1, or leave LANDFALL_DOMAIN at localhost."
}

# setting_matches NAME PATTERN MUST
setting_matches() { [[ ${!1} =~ $2 ]] || setting_bad "$1" "$3"; }

setting_port() {
  [[ ${!1} =~ ^[1-9][0-9]{0,4}$ ]] && [ "${!1}" -le 65535 ] || setting_bad "$1" 'a port from 1 to 65535'
}

setting_bad() {
  fail bad-setting "$1 is $(json_string "${!1}"), but must be $2." \
    "Set it in the environment or in $LANDFALL_HOME/settings.json, then run bin/up again."
}

# A folder that holds something else is never made ours: bin/down --purge removes the whole of it.
settings_claim_home() {
  if [ -e "$LANDFALL_HOME" ] && [ ! -e "$LANDFALL_HOME/settings.json" ] && [ ! -e "$LANDFALL_HOME/landfall.db" ] &&
    [ -n "$(ls -A "$LANDFALL_HOME" 2>/dev/null)" ]; then
    fail bad-setting "LANDFALL_HOME ($LANDFALL_HOME) is a folder with something else in it." \
      "Choose an empty folder, or one that does not exist yet."
  fi
  mkdir -p "$LANDFALL_HOME/run" || fail bad-setting "LANDFALL_HOME ($LANDFALL_HOME) cannot be made." "Choose another folder."
  # Tokens, sources and the database are root's alone. The proxy's workers see two folders in it, by their mounts.
  chmod 700 "$LANDFALL_HOME"
}

# Written by every run, so that the next one need not be told again.
settings_write() {
  local name text='{' separator=
  for name in $settings_names; do
    text+="$separator"$'\n'"  \"$name\": $(json_string "${!name}")"
    separator=,
  done
  text+=$'\n}'
  [ "$(cat "$LANDFALL_HOME/settings.json" 2>/dev/null)" = "$text" ] && return
  printf '%s\n' "$text" >"$LANDFALL_HOME/settings.json.new"
  mv "$LANDFALL_HOME/settings.json.new" "$LANDFALL_HOME/settings.json"
}

# settings_url HOST: http://HOST[:port], no port when it is 80.
settings_url() {
  if [ "$LANDFALL_HTTP_PORT" = 80 ]; then printf 'http://%s' "$1"; else printf 'http://%s:%s' "$1" "$LANDFALL_HTTP_PORT"; fi
}

version() { sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$checkout/package.json" | head -n 1; }
