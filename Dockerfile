# The action's image: one static binary and the certificates that it needs.

# The compiler runs on the machine that builds, whatever the image is for. Older builders
# do not say what they run on.
FROM --platform=${BUILDPLATFORM:-linux/amd64} golang:1.26-alpine AS build
ARG TARGETARCH
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /rollout-gate ./cmd/rollout-gate

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /rollout-gate /rollout-gate
# There is no USER line: the files through which an action hands on its outputs
# belong to the runner's user, and only root can write them whoever that is.
ENTRYPOINT ["/rollout-gate"]
