# Made by Landfall for this repository (koa, node, 24). It builds anywhere: docker build .
# Version 24: default.
# Because of package.json: name y
# Because of package.json: framework koa
# Because of package.json: server.js node server.js
# Because of yarn.lock: lock file yarn

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG NODE_IMAGE=node:24-slim

# The modules, without those for development: made again only when the manifests change.
FROM ${NODE_BUILD_IMAGE} AS modules
WORKDIR /app
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    if ! command -v yarn >/dev/null; then npm install -g yarn@1; fi
# The manifests first: an edit of the source installs nothing again.
COPY package.json yarn.lock ./
RUN --mount=type=cache,id=yarn,target=/usr/local/share/.cache/yarn,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    yarn install --frozen-lockfile --non-interactive --production=true

# What runs: the modules and the source.
FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
COPY --from=modules /app/node_modules ./node_modules
COPY --chown=1000:1000 . ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["node","server.js"]
