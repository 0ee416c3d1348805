# Made by Landfall for this repository (cowboy, elixir). It builds anywhere: docker build .
# Because of rebar.config: manifest rebar3
# Because of rebar.config: relx hello_erl

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG ELIXIR_BUILD_IMAGE=elixir:1.20
ARG ELIXIR_IMAGE=elixir:1.20-slim

# Elixir’s image holds Erlang and rebar3.
FROM ${ELIXIR_BUILD_IMAGE} AS build
WORKDIR /src
# Dependencies before source.
COPY rebar.config rebar.lock ./
RUN --mount=type=cache,id=hex,target=/root/.cache/rebar3 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    rebar3 as prod get-deps
COPY . ./
RUN --mount=type=cache,id=hex,target=/root/.cache/rebar3 \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    rebar3 as prod release \
 && cp -rL _build/prod/rel/hello_erl /release

# Only the release.
FROM ${ELIXIR_IMAGE} AS runtime
WORKDIR /app
ENV LANG=C.UTF-8 RELX_OUT_FILE_PATH=/tmp
COPY --from=build --chown=1000:1000 /release/ ./
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["bin/hello_erl","foreground"]
