# shellcheck shell=bash
# The images that the server needs before it can make its own: Node's bases, the server, the proxy.

images_ca=/etc/ssl/certs/ca-certificates.crt

# images_pull IMAGE: whether it is here, or can be had. A registry has 5 s to begin to answer, and then the time it needs.
images_pull() {
  local output pid deadline=$((SECONDS + 5))
  if images_here "$1"; then return 0; fi
  output=$(mktemp)
  timeout 600 "$docker_cli" -H "unix://$engine_socket" pull "$1" >"$output" 2>&1 &
  pid=$!
  while kill -0 $pid 2>/dev/null && [ $SECONDS -lt $deadline ] && ! grep -q 'Pulling from' "$output"; do sleep 0.1; done
  if ! grep -q 'Pulling from' "$output"; then kill $pid 2>/dev/null || true; fi
  wait $pid && pid=
  cat "$output"
  rm -f "$output"
  [ -z "$pid" ]
}

images_here() { docker image inspect "$@" >/dev/null 2>&1; }

# Sets images_debian (the system of server and proxy) and images_node (anything with Node and npm, to make the server).
# What is here already is taken, so that a second run needs no registry and changes nothing.
images_bases() {
  local fetch
  fetch=landfall-base/fetch:server-$(images_hash images/fetch)
  images_debian=landfall-base/debian:trixie images_node=$fetch
  if [ "$LANDFALL_BASES" = official ]; then
    if ! images_here debian:trixie-slim node:24-slim && images_here $images_debian "$fetch"; then return; fi
    if images_pull node:24-slim && images_pull debian:trixie-slim; then
      images_node=node:24-slim images_debian=debian:trixie-slim
      return
    fi
  fi
  images_here $images_debian || images_make_debian
  images_here "$images_node" || images_make_fetch
}

# The root of all bases that are made here, from Debian's packages.
images_make_debian() {
  command -v mmdebstrap >/dev/null || machine_install mmdebstrap
  # apt speaks to its hooks through `sh -c 'cat >&N'`, and dash knows no N above 9: ours have to be free.
  DOCKER_HOST=unix://$engine_socket "$checkout/images/debian/build" trixie 3>&- 4>&- 8>&- 9>&-
}

# Node and npm from a registry, for what is made of them. The server's other bases stand on the same image.
images_make_fetch() {
  local secrets
  mapfile -t secrets < <(images_secrets)
  docker build --progress=plain "${secrets[@]}" --build-arg "DEBIAN_IMAGE=$images_debian" --target build \
    --label landfall.base=fetch -t "$images_node" "$checkout/images/fetch"
}

# images_hash FILE…: the hash of these files and folders of the checkout: names, contents and who may run them.
images_hash() {
  (
    cd "$checkout" || exit 1
    find "$@" -type f \( -perm -u+x -printf 'x ' -o -printf '- ' \) -print0 | LC_ALL=C sort -z -k 2 | tr '\0' '\n'
    find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -c 1-12
}

images_secrets() { if [ -e $images_ca ]; then printf '%s\n' --secret "id=ca,src=$images_ca"; fi; }

# Sets server_image: named by its source and its bases, so that what is right is found, not built.
images_server() {
  local hash secrets
  hash=$(images_hash package.json package-lock.json .npmrc Dockerfile .dockerignore src buildpacks hooks images examples)
  hash=$(printf '%s %s %s' "$hash" "$images_debian" "$images_node" | sha256sum | cut -c 1-12)
  server_image=$LANDFALL_INSTANCE-server:$hash
  if images_here "$server_image"; then return; fi
  mapfile -t secrets < <(images_secrets)
  docker build --progress=plain "${secrets[@]}" --build-arg "DEBIAN_IMAGE=$images_debian" --build-arg "NODE_IMAGE=$images_node" \
    --label "landfall.instance=$LANDFALL_INSTANCE" --label landfall.role=server -t "$server_image" "$checkout"
}

# Sets proxy_image. Bases belong to no instance: all on this machine share them.
images_proxy() {
  local hash secrets
  hash=$(printf '%s %s' "$(images_hash images/proxy)" "$(docker image inspect -f '{{.Id}}' "$images_debian")" | sha256sum | cut -c 1-12)
  proxy_image=landfall-base/proxy:$hash
  if images_here "$proxy_image"; then return; fi
  mapfile -t secrets < <(images_secrets)
  docker build --progress=plain "${secrets[@]}" --build-arg "DEBIAN_IMAGE=$images_debian" --label landfall.base=proxy \
    -t "$proxy_image" "$checkout/images/proxy"
}

# Server images of older sources, once nothing runs from them.
images_forget_old() {
  local image
  docker image ls --format '{{.Repository}}:{{.Tag}}' --filter "label=landfall.instance=$LANDFALL_INSTANCE" \
    --filter label=landfall.role=server | while IFS= read -r image; do
    [ "$image" = "$server_image" ] || docker image rm "$image" >/dev/null 2>&1 || true
  done
}
