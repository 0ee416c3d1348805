# Made by Landfall for this repository (net/http, go, 1.23). It builds anywhere: docker build .
# Version 1.23: go.mod go.
# Because of go.mod: manifest Go module
# Because of cmd/api/main.go: package main ./cmd/api
# Because of cmd/api/main.go: serves net/http

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG GO_BUILD_IMAGE=golang:1.23

# Compiles a static binary.
FROM ${GO_BUILD_IMAGE} AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS="-buildvcs=false"
COPY go.mod ./
# Again only when a go.mod or go.sum changes.
RUN --mount=type=cache,id=gomod,target=/root/go/pkg/mod \
    --mount=type=cache,id=gobuild,target=/root/.cache/go-build \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    go mod download
COPY . ./
RUN --mount=type=cache,id=gomod,target=/root/go/pkg/mod \
    --mount=type=cache,id=gobuild,target=/root/.cache/go-build \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    go build -trimpath -tags timetzdata -ldflags='-s -w' -o /out/app/bin/web ./cmd/web \
 && mkdir -p -m 1777 /out/tmp

# The binary, the authorities and time zones, nothing else.
FROM scratch AS runtime
# So that the app can verify the servers it calls.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
WORKDIR /app
COPY --from=build /out/ /
ENV PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["/app/bin/web"]
