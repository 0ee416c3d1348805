# shellcheck shell=bash
# Progress, on stderr: a line a step with its seconds, and a moving sign while it runs when stderr is a terminal.
# Failures: `fail` ends the script; what went wrong is printed once, at its exit. Standard output is for the result.
# shellcheck source=bin/lib/json.sh
. "${BASH_SOURCE%/*}/json.sh"

say_json=no      # yes: standard output is one line of JSON
say_log=/dev/null # where the output of steps goes
step_words=
fail_code=
fail_message=
fail_hint=
spinner_pid=

# From here on fd 3 is the result, fd 4 is the progress; whatever a command prints by itself is progress.
say_start() {
  exec 3>&1 4>&2 1>&2
  trap say_end EXIT
  trap 'fail cancelled "Stopped by a signal." "Run it again: it goes on where it stopped."' INT TERM HUP
}

# say_log_to FILE: the output of the steps is kept there, from its beginning.
say_log_to() {
  : >"$1"
  say_log=$1
}

say() { printf '%s\n' "$*" >&4; }
# For steps that have something to say beyond their seconds.
warn() { printf '  ! %s\n' "$*" >&4; }
result() { printf '%s\n' "$*" >&3; }

# fail CODE MESSAGE HINT
fail() {
  fail_code=$1 fail_message=$2 fail_hint=$3
  exit 1
}

# step WORDS COMMAND…: runs the command in this shell (so that it may set variables). Its failure is the script's.
step() {
  local began=${EPOCHREALTIME/./} tenths
  step_words=$1
  shift
  spinner_start
  printf '\n== %s\n' "$step_words" >>"$say_log"
  "$@" </dev/null >>"$say_log" 2>&1
  spinner_stop
  tenths=$(((${EPOCHREALTIME/./} - began) / 100000))
  printf '  %-58s %5s s\n' "$step_words" "$((tenths / 10)).$((tenths % 10))" >&4
  step_words=
}

spinner_start() {
  [ -t 4 ] || return 0
  (
    trap 'exit 0' TERM
    began=$SECONDS
    while :; do
      for sign in '|' '/' '-' '\'; do
        printf '\r%s %s … %s s ' "$sign" "$step_words" "$((SECONDS - began))" >&4
        sleep 0.2
      done
    done
  ) 8>&- 9>&- &
  spinner_pid=$!
}

spinner_stop() {
  [ -n "$spinner_pid" ] || return 0
  kill "$spinner_pid" 2>/dev/null || true
  wait "$spinner_pid" 2>/dev/null || true
  spinner_pid=
  printf '\r\033[K' >&4
}

# At exit. A step that failed without a `fail` shows the end of what it printed.
say_end() {
  local status=$? last
  trap - EXIT INT TERM HUP
  spinner_stop
  [ "$status" != 0 ] || return 0
  if [ -z "$fail_code" ]; then
    last=
    if [ -s "$say_log" ]; then
      last=$(grep -v '^[[:space:]]*$' "$say_log" | tail -n 1 || true)
      tail -n 15 "$say_log" | sed 's/^/  | /' >&4
    fi
    fail_code=step-failed
    fail_message="This step failed: ${step_words:-starting}.${last:+ The last thing it said: $last}"
    fail_hint="Mend what it says, then run it again: it goes on where it stopped.${say_log:+ The whole log: $say_log}"
  fi
  printf '! %s: %s\n  → %s\n' "$fail_code" "$fail_message" "$fail_hint" >&4
  if [ "$say_json" = yes ]; then
    result "{\"error\":{\"code\":$(json_string "$fail_code"),\"message\":$(json_string "$fail_message"),\"hint\":$(json_string "$fail_hint")}}"
  fi
  exit "$status"
}
