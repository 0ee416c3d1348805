# Made by Landfall for this repository (express, node, 24). It builds anywhere: docker build .
# Version 24: default.
# Because of package.json: workspaces apps/api
# Because of apps/api/package.json: workspace member @w/api
# Because of package-lock.json: lock file npm

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG NODE_IMAGE=node:24-slim

# Builds the app, with the modules for development.
FROM ${NODE_BUILD_IMAGE} AS build
WORKDIR /app
ENV npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
# The manifests first: an edit of the source installs nothing again.
COPY package.json package-lock.json ./
COPY apps/api/package.json ./apps/api/
COPY packages/lib/package.json ./packages/lib/
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm ci --include=dev
COPY . ./
# The members that the app needs, then the app.
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    (cd /app/packages/lib && npm run build)

# What runs: the built app and its modules.
FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production PATH=/app/apps/api/node_modules/.bin:/app/node_modules/.bin:$PATH
COPY --from=build --chown=1000:1000 /app/ ./
RUN chown 1000:1000 /app
WORKDIR /app/apps/api
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["node","src/index.js"]
