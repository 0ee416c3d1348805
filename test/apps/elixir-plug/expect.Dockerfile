# Made by Landfall for this repository (plug, elixir, 1.18). It builds anywhere: docker build .
# Version 1.18: mix.exs elixir.
# Because of mix.exs: app hello
# Because of mix.exs: deps plug
# Because of mix.exs: mod Hello.Application

# The server replaces these where no registry can be reached.
ARG ELIXIR_BUILD_IMAGE=elixir:1.18
ARG ELIXIR_IMAGE=elixir:1.18-slim

# Compiles for production.
FROM ${ELIXIR_BUILD_IMAGE} AS build
WORKDIR /src
ENV MIX_ENV=prod LANG=C.UTF-8
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DENO_CERT=/etc/ssl/certs/ca-certificates.crt; fi; \
    mix local.hex --force --if-missing \
 && mix local.rebar --force --if-missing
# Dependencies before source: an edit of the source compiles none of them.
COPY mix.exs ./
RUN --mount=type=cache,id=hex,target=/root/.hex/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DENO_CERT=/etc/ssl/certs/ca-certificates.crt; fi; \
    mix deps.get --only prod
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DENO_CERT=/etc/ssl/certs/ca-certificates.crt; fi; \
    mix deps.compile
COPY . ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DENO_CERT=/etc/ssl/certs/ca-certificates.crt; fi; \
    mix compile \
 && mix release --overwrite --path /release

# Only the release, which carries its own Erlang.
FROM ${ELIXIR_IMAGE} AS runtime
WORKDIR /app
ENV LANG=C.UTF-8 RELEASE_TMP=/tmp RELEASE_DISTRIBUTION=none
COPY --from=build --chown=1000:1000 /release/ ./
ENV PORT=4001 HOME=/tmp
EXPOSE 4001
USER 1000:1000
ENTRYPOINT []
CMD ["bin/hello","start"]
