# Made by Landfall for this repository (fastify, node, 24). It builds anywhere: docker build .
# Version 24: default.
# Because of package.json: name b
# Because of package.json: framework fastify
# Because of package.json: scripts.start node server.js
# Because of package.json: packageManager yarn
# Because of yarn.lock: lock file yarn

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG NODE_IMAGE=node:24-slim

# The modules, without those for development: made again only when the manifests change.
FROM ${NODE_BUILD_IMAGE} AS modules
WORKDIR /app
ENV YARN_NODE_LINKER=node-modules YARN_ENABLE_GLOBAL_CACHE=true YARN_GLOBAL_FOLDER=/root/.yarn/berry YARN_ENABLE_TELEMETRY=false YARN_IGNORE_PATH=1
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm install -g --force @yarnpkg/cli-dist@4.9.2
# The manifests first: an edit of the source installs nothing again.
COPY package.json yarn.lock .yarnrc.yml ./
# The package's own hooks need its source: they run below, where they are needed.
RUN --mount=type=cache,id=yarn-berry,target=/root/.yarn/berry \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm pkg delete scripts.postinstall \
 && yarn workspaces focus --production

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
