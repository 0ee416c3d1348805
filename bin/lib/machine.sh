# shellcheck shell=bash
# What the machine must be and have.

machine_check_root() {
  [ "$(id -u)" = 0 ] || fail not-root "$1 must run as root: it installs packages and talks to Docker." "Run: sudo $1"
}

# 1 GB, as machines are sold: the kernel keeps a part of it, so that less is left in MemTotal.
machine_check_memory() {
  local megabytes limit file least=900
  megabytes=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  for file in "/sys/fs/cgroup/memory.max" "/sys/fs/cgroup/memory/memory.limit_in_bytes" \
    "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/memory.max" \
    "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/memory.limit_in_bytes"; do
    limit=$(cat "$file" 2>/dev/null) || continue
    [[ $limit =~ ^[0-9]{1,15}$ ]] || continue
    limit=$((limit / 1048576))
    if [ "$limit" -lt "$megabytes" ]; then megabytes=$limit; fi
  done
  [ "$megabytes" -ge "$least" ] || fail too-little-memory "This machine has $megabytes MB of memory; Landfall needs 1 GB." \
    "Use a machine with at least 1 GB (2 GB to build larger apps)."
}

# Sets machine_packages: apt | none.
machine_check_distribution() {
  local id like name
  id=$(os_release ID) like=$(os_release ID_LIKE) name=$(os_release PRETTY_NAME)
  machine_packages=none
  case " $id $like " in *' debian '* | *' ubuntu '*) if command -v apt-get >/dev/null; then machine_packages=apt; fi ;; esac
  [ $machine_packages = none ] || return 0
  if command -v git >/dev/null && command -v curl >/dev/null && command -v docker >/dev/null; then return 0; fi
  fail unknown-distribution "This is ${name:-an unknown system}: bin/up installs packages on Debian and Ubuntu only." \
    "Install git, curl and Docker Engine (20.10 or newer) yourself, then run bin/up again."
}

os_release() { sed -n "s/^$1=\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}\$/\\1/p" /etc/os-release 2>/dev/null || true; }

# machine_install PACKAGE…
machine_install() {
  [ "$machine_packages" = apt ] || fail unknown-distribution "Needed, but not here: $*." "Install it, then run bin/up again."
  machine_update_lists
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq -y --no-install-recommends install "$@" 3>&- 4>&- 8>&- 9>&- ||
    fail install-failed "apt-get could not install $*: $(grep '^E:' "$say_log" | tail -n 1)" \
      "Try it by hand: apt-get update && apt-get install $*"
}

# Once a run. A repository of somebody else's that fails does not matter; whether ours works, the installation shows.
machine_update_lists() {
  [ -z "${machine_lists_updated:-}" ] || return 0
  machine_lists_updated=yes
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq update || true
}

# machine_has_package NAME: it can be installed here.
machine_has_package() {
  [ "$machine_packages" = apt ] || return 1
  machine_update_lists
  apt-cache show "$1" >/dev/null 2>&1
}

# Git, curl and the authorities that the machine trusts.
machine_install_tools() {
  local missing=()
  command -v git >/dev/null || missing+=(git)
  command -v curl >/dev/null || missing+=(curl)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$machine_packages" != apt ] || missing+=(ca-certificates)
  [ ${#missing[@]} = 0 ] || machine_install "${missing[@]}"
}

# The first public IPv4 address, if there is one.
machine_public_address() {
  local address
  for address in $(hostname -I 2>/dev/null); do
    case $address in
      *:* | 0.* | 10.* | 127.* | 169.254.* | 192.168.* | 192.0.2.* | 198.18.* | 198.19.* | 198.51.100.* | 203.0.113.*) ;;
      172.1[6-9].* | 172.2[0-9].* | 172.3[01].* | 100.6[4-9].* | 100.[7-9][0-9].* | 100.1[01][0-9].* | 100.12[0-7].*) ;;
      *) printf '%s' "$address" && return ;;
    esac
  done
}

# On a terminal, and when nobody has chosen a domain: offers one under which others reach this machine.
machine_offer_domain() {
  local address answer
  [ -z "$settings_domain_chosen" ] && [ -t 0 ] && [ -t 4 ] || return 0
  address=$(machine_public_address)
  [ -n "$address" ] || return 0
  say "This machine has the address $address. Landfall can serve at ${address//./-}.sslip.io, where others reach it."
  say 'Until it speaks HTTPS, tokens then cross the network in clear. Without it, it serves this machine alone (localhost).'
  printf 'Serve at %s.sslip.io? [y/N] ' "${address//./-}" >&4
  read -r answer || answer=
  case $answer in [yY]*) LANDFALL_DOMAIN=${address//./-}.sslip.io LANDFALL_INSECURE_HTTP=1 ;; esac
}

# machine_process NAME: the pid of the first process of that name, from /proc (a small machine has no pgrep).
machine_process() {
  local file
  for file in $(printf '%s\n' /proc/[0-9]*/comm | sort -t / -k 3n); do
    # One that has ended and not been waited for keeps its name, but has no program.
    if [ "$(cat "$file" 2>/dev/null)" = "$1" ] && readlink "${file%comm}exe" >/dev/null; then
      file=${file#/proc/}
      printf '%s' "${file%/comm}"
      return 0
    fi
  done
  return 1
}
