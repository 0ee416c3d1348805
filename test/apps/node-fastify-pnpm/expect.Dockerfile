# Made by Landfall for this repository (fastify, node, 22). It builds anywhere: docker build .
# Version 22: package.json engines.node.
# Because of package.json: name fastify-pnpm
# Because of package.json: framework fastify
# Because of package.json: scripts.start node dist/server.js
# Because of package.json: packageManager pnpm
# Because of pnpm-lock.yaml: lock file pnpm

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:22
ARG NODE_IMAGE=node:22-slim

# The modules without those for development.
FROM ${NODE_BUILD_IMAGE} AS modules
WORKDIR /app
ENV npm_config_store_dir=/root/.pnpm-store npm_config_manage_package_manager_versions=false
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm install -g --force pnpm@10.17.0
# The manifests first: an edit of the source installs nothing again.
COPY package.json pnpm-lock.yaml ./
# The package's own hooks need its source: they run below, where they are needed.
RUN --mount=type=cache,id=pnpm,target=/root/.pnpm-store \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm pkg delete scripts.prepare \
 && pnpm install --frozen-lockfile --prod

# Builds the app, with the modules for development.
FROM ${NODE_BUILD_IMAGE} AS build
WORKDIR /app
ENV npm_config_store_dir=/root/.pnpm-store npm_config_manage_package_manager_versions=false
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm install -g --force pnpm@10.17.0
# The manifests first: an edit of the source installs nothing again.
COPY package.json pnpm-lock.yaml ./
# The package's own hooks need its source: they run below, where they are needed.
RUN --mount=type=cache,id=pnpm,target=/root/.pnpm-store \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm pkg delete scripts.prepare \
 && pnpm install --frozen-lockfile --prod=false
COPY . ./
RUN --mount=type=cache,id=pnpm,target=/root/.pnpm-store \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    pnpm run build
RUN rm -rf node_modules

# What runs: the modules and the built app.
FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build --chown=1000:1000 /app/ ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["node","dist/server.js"]
