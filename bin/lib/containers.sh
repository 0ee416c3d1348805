# shellcheck shell=bash
# The server and the proxy: two containers, each labelled with the hash of what it was started with. One that runs with
# the right hash is never touched.

# container_spec ARGUMENT…: the hash of image and arguments. An image's id counts, not its name.
container_spec() { printf '%s\n' "$@" "$(docker image inspect -f '{{.Id}}' "${!#}")" | sha256sum | cut -c 1-16; }

# container_is NAME SPEC: it runs, and as it should.
container_is() {
  [ "$(docker container inspect -f '{{.State.Running}} {{index .Config.Labels "landfall.spec"}}' "$1" 2>/dev/null)" = "true $2" ]
}

container_exists() { docker container inspect "$1" >/dev/null 2>&1; }

container_pid() { docker container inspect -f '{{.State.Pid}}' "$1" 2>/dev/null || true; }

# container_words NAME: the last that it said.
container_words() { docker logs --tail 20 "$1" 2>&1 | tail -n 20 || true; }

# Reads what a program said last; prints the line that tells why it ended: its last error, else its last line. (Node ends
# a crash with the line of its own version.)
telling_line() {
  awk 'NF { last = $0 } /[Ee]rror|ERROR|ALERT/ && !/^[[:space:]]*(at|throw|code:) / { telling = $0 }
    END { print telling == "" ? last : telling }' | sed 's/^[[:space:]]*//'
}

# Sets server_arguments: all that `docker run` is told. The Docker socket makes the server equal to root.
server_arguments() {
  server_arguments=(
    --network host --restart unless-stopped --init --stop-timeout 40
    --log-driver local --log-opt max-size=10m --log-opt max-file=3
    --label "landfall.instance=$LANDFALL_INSTANCE" --label landfall.role=server
    -v "$engine_socket:/var/run/docker.sock" -v "$LANDFALL_HOME:$LANDFALL_HOME"
    -e "LANDFALL_HOME=$LANDFALL_HOME"
  )
  local name
  for name in $settings_names; do server_arguments+=(-e "$name=${!name}"); done
  server_arguments+=("$server_image")
}

server_curl() { curl -sS --unix-socket "$LANDFALL_HOME/run/landfall.sock" "$@"; }

# Starts the server, or swaps it when its source or settings changed; one that is right is left alone.
server_start() {
  local name=$LANDFALL_INSTANCE-server old=$LANDFALL_INSTANCE-server-old spec
  if [ -e $images_ca ]; then cmp -s $images_ca "$LANDFALL_HOME/ca.crt" || cp $images_ca "$LANDFALL_HOME/ca.crt"; fi
  server_arguments
  spec=$(container_spec "${server_arguments[@]}")
  if container_is "$name" "$spec"; then
    server_wait "$name"
    return
  fi
  if container_exists "$name"; then
    server_wait_idle
    if container_exists "$old"; then docker rm -f "$old" >/dev/null; fi
    # Stopped first: Docker cannot rename one that crashes and is started again and again.
    docker stop "$name" >/dev/null
    docker rename "$name" "$old"
  fi
  docker run -d --name "$name" --label "landfall.spec=$spec" "${server_arguments[@]}"
  server_wait "$name" "$old"
  if container_exists "$old"; then docker rm -f "$old" >/dev/null; fi
}

# A swap waits for running deploys; a server that does not answer has none that it could lose.
server_wait_idle() {
  local deadline=$((SECONDS + 1200)) answer
  while answer=$(server_curl --max-time 5 -o /dev/null -w '%{http_code}' http://localhost/internal/idle 2>/dev/null) && [ "$answer" = 409 ]; do
    [ $SECONDS -lt $deadline ] || fail still-deploying "A deploy has been running for 20 minutes; the server was not swapped." \
      "See it with 'landfall apps', then run bin/up again."
    sleep 0.5
  done
}

# server_wait NAME [OLD]: until it answers. When it does not, the one before comes back.
server_wait() {
  local deadline=$((SECONDS + 60)) words
  until server_curl --max-time 5 -f -o /dev/null http://localhost/healthz 2>/dev/null; do
    if [ $SECONDS -ge $deadline ] || [ "$(docker container inspect -f '{{.RestartCount}}' "$1" 2>/dev/null || echo 9)" -ge 2 ]; then
      words=$(container_words "$1")
      printf '%s\n' "$words"
      if [ -n "${2:-}" ] && container_exists "$2"; then
        docker rm -f "$1" >/dev/null
        docker rename "$2" "$1" && docker start "$1" >/dev/null
      fi
      fail server-down "The server does not start. It says: $(printf '%s\n' "$words" | telling_line)" \
        "See docker logs $1; mend it, then run bin/up again."
    fi
    sleep 0.1
  done
}

# Open files that the proxy may have: two a connection. No more than the daemon itself may, where root cannot raise that.
container_files() {
  local most
  most=$(awk '/^Max open files/ { print $5 }' "/proc/$(machine_process dockerd || echo self)/limits")
  case $most in unlimited | ??????*) most=32768 ;; esac
  if [ "$most" -gt 32768 ]; then most=32768; fi
  printf '%s:%s' "$most" "$most"
}

# The proxy outlives the server. Only another image or other arguments make a new one, and that is the one step with a gap.
# From the moment it is told to stop it takes no connection, and idle ones keep it: it is given seconds, not half a minute.
proxy_start() {
  local name=$LANDFALL_INSTANCE-proxy spec arguments
  mkdir -p "$LANDFALL_HOME/proxy/run"
  arguments=(
    --network host --restart unless-stopped --stop-timeout 3
    --log-driver local --log-opt max-size=10m --log-opt max-file=3
    --label "landfall.instance=$LANDFALL_INSTANCE" --label landfall.role=proxy
    -e "LANDFALL_HOME=$LANDFALL_HOME" -v "$LANDFALL_HOME/proxy:$LANDFALL_HOME/proxy" -v "$LANDFALL_HOME/run:$LANDFALL_HOME/run"
    --ulimit "nofile=$(container_files)" --read-only --security-opt no-new-privileges --cap-drop ALL
  )
  local capability
  for capability in NET_BIND_SERVICE SETUID SETGID KILL DAC_OVERRIDE CHOWN FOWNER; do arguments+=(--cap-add "$capability"); done
  # The last to be killed when memory ends; not everywhere may root say so.
  if (echo -500 >/proc/self/oom_score_adj) 2>/dev/null; then arguments+=(--oom-score-adj=-500); fi
  arguments+=("$proxy_image")
  spec=$(container_spec "${arguments[@]}")
  if ! container_is "$name" "$spec"; then
    if container_exists "$name"; then docker stop "$name" >/dev/null && docker rm -f "$name" >/dev/null; fi
    docker run -d --name "$name" --label "landfall.spec=$spec" "${arguments[@]}"
  fi
  proxy_wait "$name"
}

# Until the server answers through the public port.
proxy_wait() {
  local deadline=$((SECONDS + 30))
  until public_curl "landfall.$LANDFALL_DOMAIN" /healthz -f -o /dev/null 2>/dev/null; do
    [ $SECONDS -lt $deadline ] || fail proxy-down "The proxy does not answer on port $LANDFALL_HTTP_PORT. It says: $(container_words "$1" | telling_line)" \
      "See docker logs $1; mend it, then run bin/up again."
    sleep 0.1
  done
}

# public_curl HOST PATH OPTION…: through the public port, whatever the machine's DNS says.
public_curl() {
  local host=$1 path=$2
  shift 2
  curl -sS --noproxy '*' --max-time 5 --resolve "$host:$LANDFALL_HTTP_PORT:127.0.0.1" "$@" "http://$host:$LANDFALL_HTTP_PORT$path"
}

# Everything of this instance in Docker, of one kind: container | network | image | volume.
instance_objects() {
  local kind=$1
  shift
  case $kind in
    container) docker ps -aq --no-trunc --filter "label=landfall.instance=$LANDFALL_INSTANCE" "$@" ;;
    network) docker network ls -q --no-trunc --filter "label=landfall.instance=$LANDFALL_INSTANCE" "$@" ;;
    image) docker image ls -q --no-trunc --filter "label=landfall.instance=$LANDFALL_INSTANCE" "$@" ;;
    volume) docker volume ls -q --filter "label=landfall.instance=$LANDFALL_INSTANCE" "$@" ;;
  esac | sort -u
}
