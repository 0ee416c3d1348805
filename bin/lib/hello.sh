# shellcheck shell=bash
# The first app: examples/hello, pushed as anyone would push it. Once: a `hello` that was destroyed stays away.

# hello_needed: it has never been live here.
hello_needed() { [ ! -e "$LANDFALL_HOME/hello" ]; }

hello_answers() { public_curl "hello.$LANDFALL_DOMAIN" / -f -o /dev/null 2>/dev/null; }

# Pushes with the git of the server's image. The token is read from its file by git's credential helper: it is in no
# argument, address or log. The commit is the same every time, so that a repetition finds its work done.
hello_push() {
  local name=$LANDFALL_INSTANCE-hello
  if container_exists "$name"; then docker rm -f "$name" >/dev/null; fi
  docker run --rm --name "$name" --init --network host --log-driver none \
    --label "landfall.instance=$LANDFALL_INSTANCE" --label landfall.role=job \
    -v "$LANDFALL_HOME/token:/run/landfall-token:ro" -e "HOST=landfall.$LANDFALL_DOMAIN" -e "PORT=$LANDFALL_HTTP_PORT" \
    "$server_image" sh -euc '
      cp -r /landfall/examples/hello /tmp/hello && cd /tmp/hello
      export HOME=/tmp GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 TZ=UTC
      export GIT_AUTHOR_NAME=Landfall GIT_AUTHOR_EMAIL=hello@landfall.invalid GIT_AUTHOR_DATE=@1700000000
      export GIT_COMMITTER_NAME=Landfall GIT_COMMITTER_EMAIL=hello@landfall.invalid GIT_COMMITTER_DATE=@1700000000
      git init -q -b main . && git add -A && git commit -qm "Hello"
      git -c "http.curloptResolve=$HOST:$PORT:127.0.0.1" -c http.proxy= \
        -c "credential.helper=!f() { echo username=landfall; printf password=; cat /run/landfall-token; }; f" \
        push --force "http://$HOST:$PORT/hello.git" main 2>&1' ||
    fail hello-failed "The push of examples/hello was refused: $(hello_reason)" \
      "The whole push is in $say_log; mend what it names, then run bin/up again."
  hello_wait
  touch "$LANDFALL_HOME/hello"
}

hello_reason() { sed -n 's/^remote: ! *//p' "$say_log" | tail -n 1 | grep . || grep -v '^$' "$say_log" | tail -n 1; }

hello_wait() {
  local deadline=$((SECONDS + 30))
  until hello_answers; do
    [ $SECONDS -lt $deadline ] || fail hello-failed "The app hello is live, but does not answer at $(settings_url "hello.$LANDFALL_DOMAIN")/." \
      "Look with 'landfall logs hello' and 'landfall doctor'."
    sleep 0.1
  done
}

# A later run: it comes back with the server, unless somebody destroyed it or its last version fails. Sets hello_gone.
hello_gone=no
hello_returns() {
  local deadline=$((SECONDS + 30)) answer
  until answer=$(public_curl "hello.$LANDFALL_DOMAIN" / -o /dev/null -w '%{http_code}' 2>/dev/null) && [ "$answer" != 503 ]; do
    [ $SECONDS -lt $deadline ] || break
    sleep 0.2
  done
  if [ "$answer" != 200 ]; then hello_gone=yes; fi
}
