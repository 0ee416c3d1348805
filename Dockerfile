# The server: Debian, Node, git, and this source as it is (Node runs TypeScript directly; there is no build step).
# bin/up names the images to stand on: official ones, or ones made on this machine (images/).
ARG DEBIAN_IMAGE=debian:trixie-slim
ARG NODE_IMAGE=node:24-slim

# Any image with Node and npm.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /landfall
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt; \
    npm ci --omit=dev && cp -L "$(command -v node)" /usr/local/node

FROM ${DEBIAN_IMAGE}
RUN --mount=type=cache,id=apt-trixie,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=aptl-trixie,target=/var/lib/apt/lists,sharing=locked \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq --no-install-recommends git curl ca-certificates libstdc++6 >/dev/null
COPY --from=dependencies /usr/local/node /usr/local/bin/node
WORKDIR /landfall
ENV NODE_ENV=production
COPY --from=dependencies /landfall/node_modules ./node_modules
COPY package.json ./
COPY images ./images
COPY hooks ./hooks
COPY examples ./examples
COPY buildpacks ./buildpacks
COPY src ./src
# Small young generations: the server allocates little, and shares its machine with the apps.
CMD ["node", "--max-semi-space-size=2", "--expose-gc", "src/main.ts"]
