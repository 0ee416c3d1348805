# Made by Landfall for this repository (node, 20). It builds anywhere: docker build .
# Version 20: .nvmrc.
# Because of package.json: name x
# Because of package.json: scripts.start node server.js

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_IMAGE=node:20-slim

# Nothing to install and nothing to build.
FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
ENV NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
COPY --chown=1000:1000 . ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["node","server.js"]
