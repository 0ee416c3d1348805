# shellcheck shell=bash
# Who listens where, from /proc: no program has to be there for it. (A second HAProxy binds beside the first without a
# word, by SO_REUSEPORT, so that to try a bind would not tell.)

# port_inodes PORT: the listening sockets.
port_inodes() {
  local hex
  printf -v hex '%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }'
}

# port_pids PORT: the processes that hold them.
port_pids() {
  local inode
  for inode in $(port_inodes "$1"); do
    find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" 2>/dev/null | cut -d / -f 3 || true # processes come and go
  done | sort -un
}

# is_descendant PID ANCESTOR
is_descendant() {
  local pid=$1
  while [ "${pid:-0}" -gt 1 ]; do
    [ "$pid" != "$2" ] || return 0
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null || true)
  done
  return 1
}

# port_check NAME PORT OWN: fails when something else than the process OWN (or a child of it) listens there.
port_check() {
  local pid holder own=$3 pids
  [ -n "$(port_inodes "$2")" ] || return 0
  pids=$(port_pids "$2")
  holder='a process that this machine does not show'
  for pid in $pids; do
    if [ -n "$own" ] && is_descendant "$pid" "$own"; then return 0; fi
    holder="$(cat "/proc/$pid/comm" 2>/dev/null || echo a process) (pid $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c 1-120 | sed 's/ *$//'))"
  done
  fail port-taken "Port $2 ($1) is taken by $holder." "Stop it, or choose another port: $1=8080 $0"
}
