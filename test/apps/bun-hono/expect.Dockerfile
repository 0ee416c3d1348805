# Made by Landfall for this repository (hono, bun, 1.4.5). It builds anywhere: docker build .
# Version 1.4.5: package.json packageManager.
# Because of package.json: name api
# Because of package.json: start NODE_ENV=production bun run src/index.ts
# Because of package.json: framework hono
# Because of package.json: packageManager bun
# Because of bun.lock: lock file bun

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG BUN_IMAGE=oven/bun:1.4.5

# Builds with all modules.
FROM ${BUN_IMAGE} AS build
WORKDIR /app
# The manifests first: an edit of the source installs nothing again.
COPY package.json bun.lock ./
RUN --mount=type=cache,id=bun,target=/root/.bun/install/cache \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    bun install --frozen-lockfile --ignore-scripts
COPY . ./
RUN --mount=type=cache,id=bun,target=/root/.bun/install/cache \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    bun run build

# What runs: the built app and its modules.
FROM ${BUN_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build --chown=1000:1000 /app/ ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec env NODE_ENV=production bun run src/index.ts"]
