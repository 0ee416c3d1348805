# Made by Landfall for this repository (elysia, bun, 1). It builds anywhere: docker build .
# Version 1: default.
# Because of package.json: name app
# Because of src/index.ts: start bun run src/index.ts
# Because of package.json: framework elysia
# Because of bun.lock: lock file bun

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG BUN_IMAGE=oven/bun:1

# Bun runs the source as it is.
FROM ${BUN_IMAGE} AS runtime
WORKDIR /app
# The manifests first: an edit of the source installs nothing again.
COPY package.json bun.lock ./
RUN --mount=type=cache,id=bun,target=/root/.bun/install/cache \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    bun install --frozen-lockfile --production
ENV NODE_ENV=production
COPY --chown=1000:1000 . ./
RUN chown 1000:1000 /app
ENV PORT=3000 HOME=/tmp
EXPOSE 3000
USER 1000:1000
ENTRYPOINT []
CMD ["bun","run","src/index.ts"]
