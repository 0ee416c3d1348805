# Made by Landfall for this repository (cowboy, elixir, 1.20). It builds anywhere: docker build .
# Version 1.20: mix.exs elixir.
# Because of mix.exs: app tiny
# Because of mix.exs: deps cowboy
# Because of mix.exs: mod Tiny.Application

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG ELIXIR_BUILD_IMAGE=elixir:1.20
ARG ELIXIR_IMAGE=elixir:1.20-slim

# Compiles for production.
FROM ${ELIXIR_BUILD_IMAGE} AS build
WORKDIR /src
ENV MIX_ENV=prod LANG=C.UTF-8
# Dependencies before source: an edit of the source compiles none of them.
COPY mix.exs ./
COPY . ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mix compile \
 && mix release --overwrite --path /release

# Only the release, which carries its own Erlang.
FROM ${ELIXIR_IMAGE} AS runtime
WORKDIR /app
ENV LANG=C.UTF-8 RELEASE_TMP=/tmp RELEASE_DISTRIBUTION=none
COPY --from=build --chown=1000:1000 /release/ ./
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["bin/tiny","start"]
