# A part of .ci/e2e, which reads it before podman's service starts: a release that nobody gets.
# After make_release its image is in a registry on loopback, which stands in for ghcr.io; the
# commit of $VERSION is checked out in $work/released; and the archives can be downloaded from
# $downloads.

VERSION=v0.0.1-rc.1
IMAGE=ghcr.io/owner/heroku-rollout-gate
dist=$work/release/.build/dist
"$work/registry" -port 0 >"$work/registry.log" 2>&1 &
pids+=($!)
within 10 grep -qs 'serving on port' "$work/registry.log" || fail "the registry did not start: $(<"$work/registry.log")"
registry=localhost:$(sed -n 's/.*serving on port //p' "$work/registry.log")
# Whoever asks for ghcr.io gets the registry of this machine. There is no other.
printf '[[registry]]\nprefix = "ghcr.io"\nlocation = "%s"\ninsecure = true\n' "$registry" >"$CONTAINERS_REGISTRIES_CONF"
downloads=127.0.0.1:$((20000 + RANDOM % 10000))
sed -i "s|uses: \./\$|uses: OWNER/heroku-rollout-gate@$VERSION|" "$repo/gate/testdata/workflows/released.yml"

make_release() {
  part "a release"
  .ci/dry-run "$work/release" "$VERSION" OWNER/heroku-rollout-gate >"$work/release.log" 2>&1 || { cat "$work/release.log"; fail "the dry run of a release failed"; }
  image_of_release
  commit_of_release
  busybox httpd -f -p "$downloads" -h "$dist" &
  pids+=($!)
}

# As the release workflow does: the image's programs are those of the archives.
image_of_release() {
  local arch container
  sed 's/\(golang:[^ @]*\)@sha256:[0-9a-f]*/\1/' "$work/release/Dockerfile" >"$work/release.Dockerfile"
  for arch in amd64 arm64; do
    mkdir -p "$work/binaries/linux_$arch"
    tar -xzf "$dist/heroku-rollout-gate_linux_$arch.tar.gz" -C "$work/binaries/linux_$arch" rollout-gate
    podman build --quiet --platform "linux/$arch" --build-context "binaries=$work/binaries" --manifest "$IMAGE:dry-run" \
      -f "$work/release.Dockerfile" "$work/release" >>"$work/release.log" 2>&1 || { cat "$work/release.log"; fail "podman cannot build the image of a release"; }
  done
  podman manifest push --quiet --all --tls-verify=false --digestfile "$work/digest" "$IMAGE:dry-run" "docker://$registry/${IMAGE#*/}:dry-run"
  podman manifest rm "$IMAGE:dry-run" >/dev/null
  digest=$(<"$work/digest")
  for arch in amd64 arm64; do
    podman pull --quiet --platform "linux/$arch" "$IMAGE@$digest" >/dev/null
    container=$(podman create --platform "linux/$arch" "$IMAGE@$digest")
    podman cp "$container:/rollout-gate" "$work/rollout-gate-of-release"
    podman rm "$container" >/dev/null
    podman rmi --force "$IMAGE@$digest" >/dev/null # the runner has to pull it
    cmp "$work/rollout-gate-of-release" "$work/binaries/linux_$arch/rollout-gate" || fail "the image for $arch holds another program than the archive"
  done
}

commit_of_release() (
  cd "$work/release"
  git tag --delete "$VERSION" >/dev/null
  export GIT_AUTHOR_NAME=e2e GIT_AUTHOR_EMAIL=e2e@localhost GIT_COMMITTER_NAME=e2e GIT_COMMITTER_EMAIL=e2e@localhost
  GITHUB_OUTPUT=$work/commit go run ./cmd/release -repository OWNER/heroku-rollout-gate -digest "$digest" commit "$VERSION"
  git worktree add --quiet "$work/released" "$(sed -n 's/^commit=//p' "$work/commit")"
)
