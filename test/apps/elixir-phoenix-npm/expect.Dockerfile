# Made by Landfall for this repository (phoenix, elixir, 1.20). It builds anywhere: docker build .
# Version 1.20: mix.exs elixir.
# Because of mix.exs: app blog
# Because of mix.lock: lock mix
# Because of mix.exs: deps phoenix
# Because of mix.exs: mod Blog.Application

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG ELIXIR_BUILD_IMAGE=elixir:1.20

# Its programs build the assets.
FROM ${NODE_BUILD_IMAGE} AS node

# Its configuration reads variables while it is compiled, so mix itself starts it, with the variables of then.
FROM ${ELIXIR_BUILD_IMAGE} AS build
WORKDIR /src
ENV MIX_ENV=prod LANG=C.UTF-8 MIX_HOME=/opt/mix PHX_SERVER=true
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mix local.hex --force --if-missing \
 && mix local.rebar --force --if-missing
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules/ /usr/local/lib/node_modules/
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
# Dependencies before source: an edit of the source compiles none of them.
COPY mix.exs mix.lock ./
RUN --mount=type=cache,id=hex,target=/root/.hex/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mix deps.get --only prod --check-locked
COPY config/config.exs config/prod.exs config/
COPY . ./
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm ci --prefix assets --no-audit --no-fund
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    mix compile \
 && npm run deploy --prefix assets \
 && mix phx.digest
RUN chown -R 1000:1000 /src/_build \
 && chown 1000:1000 /src
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["mix","phx.server"]
