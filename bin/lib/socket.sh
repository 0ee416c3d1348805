# shellcheck shell=sh
# Commands that the server runs: asked for through its socket, answered line by line. The first character of a line says
# where it goes: 1 standard output, 2 standard error, x the exit code.

# socket_run SOCKET ARGUMENT…: prints the answer as it comes; its status is the command's.
socket_run() {
  socket=$1
  shift
  socket_count=$#
  socket_input=no
  # The same list, as form fields; what reads values from standard input says so with a dash.
  while [ "$socket_count" -gt 0 ]; do
    case $1 in - | *=-) socket_input=yes ;; esac
    set -- "$@" --data-urlencode "arg=$1"
    shift
    socket_count=$((socket_count - 1))
  done
  if [ -t 1 ]; then set -- "$@" --data-urlencode tty=1 --data-urlencode "columns=$(tput cols 2>/dev/null || echo 80)"; fi
  if [ $socket_input = yes ] && [ ! -t 0 ]; then set -- "$@" --data-urlencode stdin@-; fi
  curl -s -N --unix-socket "$socket" "$@" http://localhost/cli | socket_print
}

socket_print() {
  socket_seen=no
  trap 'exit 130' INT
  while IFS= read -r socket_line; do
    socket_seen=yes
    case $socket_line in
      1*) printf '%s\n' "${socket_line#1}" ;;
      2*) printf '%s\n' "${socket_line#2}" >&2 ;;
      x*) return "${socket_line#x}" ;;
      *) printf '%s\n' "$socket_line" >&2 ;;
    esac || return 1
  done
  if [ $socket_seen = yes ]; then
    printf '! server-down: The server ended in the middle of its answer.\n  → Try again; docker logs of its container says why.\n' >&2
  else
    printf '! server-down: The server does not answer.\n  → sudo bin/up mends it.\n' >&2
  fi
  return 1
}
