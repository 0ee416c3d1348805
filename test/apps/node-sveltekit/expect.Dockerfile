# Made by Landfall for this repository (sveltekit, node, 24). It builds anywhere: docker build .
# Version 24: default.
# Because of package.json: name sk
# Because of package.json: framework sveltekit
# Because of package.json: sveltekit's own start node build
# Because of package-lock.json: lock file npm

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG NODE_IMAGE=node:24-slim

# Builds the app, with the modules for development.
FROM ${NODE_BUILD_IMAGE} AS build
WORKDIR /app
ENV npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false GCP_BUILDPACKS=true
# The manifests first: an edit of the source installs nothing again.
COPY package.json package-lock.json ./
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm ci --include=dev
COPY . ./
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm run build
RUN rm -rf node_modules

# What runs: the built app. It needs no modules.
FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH GCP_BUILDPACKS=true HOST=0.0.0.0
COPY --from=build --chown=1000:1000 /app/ ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["node","build"]
