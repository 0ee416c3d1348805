# shellcheck shell=bash
# The Docker daemon and the program that talks to it. An engine that is there already is kept as it is.

engine_socket=/var/run/docker.sock
docker_cli=
engine_started=no # yes: this run started dockerd

# The CLI of the daemon's own package comes first: a newer one without buildx cannot use BuildKit.
engine_find_cli() {
  local candidate
  docker_cli=
  for candidate in /usr/bin/docker $(type -ap docker); do
    case $("$candidate" --version 2>/dev/null) in 'Docker version'*) ;; *) continue ;; esac
    [ -n "$docker_cli" ] || docker_cli=$candidate
    if engine_can_build "$candidate"; then docker_cli=$candidate && return 0; fi
  done
  [ -n "$docker_cli" ]
}

# engine_can_build CLI: `docker build` with secrets works. From 23 on it needs the plugin buildx.
engine_can_build() {
  local major
  major=$("$1" --version | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
  [ "${major:-0}" -ge 18 ] && { [ "$major" -lt 23 ] || "$1" buildx version >/dev/null 2>&1; }
}

docker() { DOCKER_HOST=unix://$engine_socket DOCKER_BUILDKIT=1 "$docker_cli" "$@"; }

engine_answers() { curl -fsS --max-time 5 -o /dev/null --unix-socket "$engine_socket" http://localhost/version 2>/dev/null; }

# Sets engine_socket.
engine_locate() {
  case ${DOCKER_HOST:-} in
    '') ;;
    unix://*) engine_socket=${DOCKER_HOST#unix://} ;;
    *) fail remote-engine "DOCKER_HOST is $DOCKER_HOST: the engine must be on this machine." "Run it without DOCKER_HOST." ;;
  esac
}

# Git, curl, Docker: what is missing of them.
engine_install() {
  machine_install_tools
  if ! command -v dockerd >/dev/null && ! engine_answers; then
    machine_install docker.io
  fi
  engine_find_cli || { engine_install_one docker-cli docker.io && engine_find_cli; } || true
  engine_can_build "${docker_cli:-false}" || { engine_install_one docker-buildx docker-buildx-plugin && engine_find_cli; } || true
  [ -n "$docker_cli" ] && engine_can_build "$docker_cli" ||
    fail no-docker-cli "No docker command here can build with BuildKit${docker_cli:+ ($docker_cli lacks the plugin buildx)}." \
      "Install your distribution's docker-cli and docker-buildx (or docker.io), then run bin/up again."
}

# engine_install_one PACKAGE…: the first of them that can be had.
engine_install_one() {
  local package
  for package; do
    if machine_has_package "$package"; then machine_install "$package" && return 0; fi
  done
  return 1
}

# Starts the daemon where nothing else does, and sees to it that it comes back after a reboot.
engine_start() {
  if ! engine_answers; then
    engine_run
    engine_at_boot
  fi
  engine_check_version
}

engine_run() {
  if ! engine_answers; then
    if [ -d /run/systemd/system ]; then
      systemctl enable --now docker || engine_failed "$(journalctl -u docker -n 30 --no-pager -o cat 2>/dev/null)"
    elif ! machine_process dockerd >/dev/null; then
      engine_mount_cgroups
      engine_log=$LANDFALL_HOME/dockerd.log
      : >"$engine_log"
      setsid -f dockerd >>"$engine_log" 2>&1 </dev/null 3>&- 4>&- 8>&- 9>&-
      engine_started=yes
    fi
    engine_wait
  fi
}

engine_wait() {
  local deadline=$((SECONDS + 60))
  until engine_answers; do
    if [ $engine_started = yes ] && [ $((SECONDS + 55)) -gt $deadline ] && ! machine_process dockerd >/dev/null; then break; fi
    [ $SECONDS -lt $deadline ] || break
    sleep 0.2
  done
  engine_answers || engine_failed "$(tail -n 30 "${engine_log:-/var/log/docker.log}" 2>/dev/null)"
}

# engine_failed WORDS: the daemon's own.
engine_failed() {
  local words
  words=$(printf '%s\n' "$1" | grep -iE 'failed to start daemon|level=fatal|^failed|^unable|error' | tail -n 1 || true)
  words=${words:-$(printf '%s\n' "$1" | tail -n 1)}
  fail engine-down "The Docker daemon does not start. It says: ${words:-nothing}" \
    "Mend that (the whole log: ${engine_log:-journalctl -u docker}), start it with 'dockerd' to see more, then run bin/up again."
}

# Without systemd nobody may have mounted the control groups.
engine_mount_cgroups() {
  [ -z "$(ls -A /sys/fs/cgroup 2>/dev/null)" ] || return 0
  if command -v cgroupfs-mount >/dev/null; then cgroupfs-mount; else mount -t cgroup2 cgroup2 /sys/fs/cgroup; fi
}

engine_at_boot() {
  [ ! -d /run/systemd/system ] || return 0
  case $(cat /proc/1/comm 2>/dev/null) in
    init | openrc-init) if [ -x /etc/init.d/docker ]; then { update-rc.d docker defaults || rc-update add docker; } && return 0; fi ;;
  esac
  if [ -d /etc/cron.d ] && command -v cron >/dev/null; then
    printf '# By Landfall (bin/up): nothing else starts Docker here.\n@reboot root setsid dockerd >>%s 2>&1\n' \
      "$LANDFALL_HOME/dockerd.log" >/etc/cron.d/landfall-dockerd
  else
    warn 'nothing on this machine starts Docker after a reboot: run bin/up from its start script'
  fi
}

engine_check_version() {
  local version api
  version=$(docker version -f '{{.Server.Version}} {{.Server.APIVersion}}') ||
    fail engine-down "Docker does not answer: $(docker version 2>&1 | tail -n 1)" "Look at the daemon's log, then run bin/up again."
  api=${version##* }
  [ "${api%%.*}" -gt 1 ] || [ "${api#*.}" -ge 41 ] ||
    fail engine-too-old "Docker ${version% *} is too old." "Install Docker Engine 20.10 or newer."
}
