#!/usr/bin/env bash
# Starts the watch in a container of its own and waits until it is ready. Whatever goes wrong is a
# warning: a deploy never fails because of this step, and the gate works without a watch, too.
#
# The key goes from environment to environment: no command line and no file holds it.

said=$RUNNER_TEMP/heroku-rollout-gate.said # what the watch says, see gate/ahead_announce.go
patience=20                                # seconds; the watch itself is ready, or says why not, within 15

# annotate TEXT: a warning, on the step and for the gate to come
annotate() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/ }
  printf '::warning title=Heroku rollout gate::%s\n' "${text//$'\n'/ }"
}

give_up() { # TEXT
  annotate "$1, so the app is not watched before the deploy: the gate has no head start"
  printf 'app=%s\nwarning=%s\n' "${INPUT_APP//$'\n'/ }" "${1//$'\n'/ }" >"$said"
  exit 0
}

last_line() { tail -n 1 "$1" | tr -d '\r' | cut -c 1-300; }

# reason FILE: the last line that says something; Docker's own ends with where its help is
reason() {
  local line last="no reason was given"
  while IFS= read -r line; do
    case $line in "" | "Run 'docker "* | "See 'docker "*) ;; *) last=${line//$'\r'/} ;; esac
  done <"$1"
  printf '%s' "${last:0:300}"
}

[ -d "${RUNNER_TEMP:-}" ] || { annotate "RUNNER_TEMP names no folder, so the app is not watched before the deploy"; exit 0; }
rm -f "$said"
command -v docker >/dev/null || give_up "there is no Docker on this runner"
log=$(mktemp "$RUNNER_TEMP/heroku-rollout-gate.XXXXXX") || give_up "nothing can be written into RUNNER_TEMP"
trap 'rm -f "$log"' EXIT

# within SECONDS COMMAND...: not for longer, where that can be had
within() {
  if command -v timeout >/dev/null; then timeout "$@"; else "${@:2}"; fi
}

image=$IMAGE
if [ "$image" = Dockerfile ]; then # not a release: the image is built, as the runner does for the gate
  image=$(within 600 docker build --quiet "$GITHUB_ACTION_PATH/.." 2>"$log") || give_up "the image cannot be built ($(reason "$log"))"
fi
within 300 docker run --detach --rm --network host --label heroku-rollout-gate=watch --volume "$RUNNER_TEMP:/github/runner_temp" --env RUNNER_TEMP=/github/runner_temp \
  --env HEROKU_API_KEY --env INPUT_APP --env INPUT_API_KEY --env INPUT_API_URL \
  --env GITHUB_RUN_ID --env GITHUB_RUN_ATTEMPT \
  --env HTTPS_PROXY --env HTTP_PROXY --env NO_PROXY --env https_proxy --env http_proxy --env no_proxy \
  "$image" watch-ahead >"$log" 2>&1 || give_up "the container does not start ($(reason "$log"))"

until=$((SECONDS + patience))
until [ -e "$said" ]; do
  if [ $SECONDS -ge $until ]; then
    within 10 docker kill "$(last_line "$log")" >/dev/null 2>&1
    give_up "the watch has said nothing for $patience seconds"
  fi
  sleep 0.1
done
while IFS='=' read -r name value; do
  case $name in
    release) [[ $value =~ ^v[0-9]+$ ]] && printf 'release=%s\n' "$value" >>"$GITHUB_OUTPUT" ;;
    watch) [[ $value =~ ^[A-Za-z0-9.-]+$ ]] && printf 'watch=%s\n' "$value" >>"$GITHUB_OUTPUT" ;;
    text) printf 'watching: %s\n' "$value" ;;
    warning) annotate "$value" ;;
  esac
done <"$said"
exit 0
