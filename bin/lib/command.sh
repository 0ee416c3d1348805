# shellcheck shell=bash
# `landfall` on the PATH: a line that knows its LANDFALL_HOME and its checkout.

command_folder=/usr/local/bin

# The first instance has the plain name; others are landfall-<instance>.
command_path() {
  local plain=$command_folder/landfall
  if { [ ! -e "$plain" ] && [ "$LANDFALL_INSTANCE" = landfall ]; } || command_is_ours "$plain"; then
    printf '%s' "$plain"
  elif [ "$LANDFALL_INSTANCE" = landfall ]; then
    printf '%s' "$command_folder/landfall-server"
  else
    printf '%s' "$command_folder/landfall-$LANDFALL_INSTANCE"
  fi
}

command_is_ours() { grep -qxF "# Landfall's command for $LANDFALL_HOME, by bin/up." "$1" 2>/dev/null; }

# Sets command_name.
command_install() {
  local path text
  path=$(command_path)
  command_name=${path##*/}
  text="#!/bin/sh
# Landfall's command for $LANDFALL_HOME, by bin/up.
LANDFALL_HOME=\${LANDFALL_HOME:-$LANDFALL_HOME} exec '${checkout//\'/\'\\\'\'}/bin/landfall' \"\$@\""
  [ "$(cat "$path" 2>/dev/null)" != "$text" ] || return 0
  mkdir -p "$command_folder"
  printf '%s\n' "$text" >"$path.new.$$"
  chmod 755 "$path.new.$$"
  mv "$path.new.$$" "$path"
}

command_remove() {
  local path
  for path in "$command_folder/landfall" "$command_folder"/landfall-*; do
    if command_is_ours "$path"; then rm -f "$path"; fi
  done
}
