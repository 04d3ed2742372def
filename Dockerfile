# The action's image: one static binary, the certificates that it needs, and the licences.

# The compiler runs on the machine that builds, whatever the image is for. Older builders
# do not say what they run on.
FROM --platform=${BUILDPLATFORM:-linux/amd64} golang:1.26-alpine AS base

FROM base AS build
ARG TARGETARCH
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /linux_$TARGETARCH/rollout-gate ./cmd/rollout-gate

# A release has its own in the place of this stage (--build-context binaries=FOLDER): those
# of its archives. So nothing is compiled where images are pushed.
FROM scratch AS binaries
ARG TARGETARCH
COPY --from=build /linux_$TARGETARCH /linux_$TARGETARCH

FROM scratch
ARG TARGETARCH
COPY --from=base /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=binaries /linux_$TARGETARCH/rollout-gate /rollout-gate
COPY LICENSE THIRD-PARTY-NOTICES.txt /
# There is no USER line: the files through which an action hands on its outputs
# belong to the runner's user, and only root can write them whoever that is.
ENTRYPOINT ["/rollout-gate"]
