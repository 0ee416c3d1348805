# Made by Landfall for this repository (bun, 1). It builds anywhere: docker build .
# Version 1: default.
# Because of server.ts: code Bun.serve

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG BUN_IMAGE=oven/bun:1

# Bun runs the source as it is.
FROM ${BUN_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production
COPY --chown=1000:1000 . ./
RUN chown 1000:1000 /app
ENV PORT=8081 HOME=/tmp
EXPOSE 8081
USER 1000:1000
ENTRYPOINT []
CMD ["bun","run","server.ts"]
