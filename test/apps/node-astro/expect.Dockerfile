# Made by Landfall for this repository (astro, node, 24). It builds anywhere: docker build .
# Version 24: default.
# Because of package.json: name as
# Because of package.json: framework astro
# Because of package.json: output dist
# Because of package-lock.json: lock file npm

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG STATIC_IMAGE=caddy:2

# Builds the files (astro builds files).
FROM ${NODE_BUILD_IMAGE} AS build
WORKDIR /app
ENV npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false ASTRO_TELEMETRY_DISABLED=1
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

# Only the files, served as they are: no process of the app.
FROM ${STATIC_IMAGE} AS runtime
# The official binary may bind low ports, and with that right it cannot start without capabilities.
RUN (setcap -r "$(command -v caddy)" 2>/dev/null || true)
RUN mkdir -p /etc/caddy && printf '%s\n' \
      '{' \
      '	admin off' \
      '	auto_https off' \
      '	persist_config off' \
      '	log {' \
      '		level WARN' \
      '	}' \
      '}' \
      ':{$PORT:5000} {' \
      '	root * /srv' \
      '	encode zstd gzip' \
      '	@hidden {' \
      '		path */.* /Caddyfile /landfall.toml /Dockerfile' \
      '		not path /.well-known/*' \
      '	}' \
      '	respond @hidden 404' \
      '	@hashed path_regexp [.-][A-Za-z0-9_-]{8,}\.(js|mjs|css|woff2?|png|jpe?g|svg|webp|avif|gif|ico|wasm)$' \
      '	header @hashed ?Cache-Control "public, max-age=31536000, immutable"' \
      '	@page path */ *.html' \
      '	header @page ?Cache-Control "no-cache"' \
      '	try_files {path} {path}.html {path}/index.html' \
      '	file_server' \
      '	handle_errors {' \
      '		@own file /{err.status_code}.html' \
      '		handle @own {' \
      '			rewrite * {http.matchers.file.relative}' \
      '			file_server' \
      '		}' \
      '		respond "{err.status_code} {err.status_text}"' \
      '	}' \
      '}' \
      > /etc/caddy/Caddyfile
# The only writable place.
ENV XDG_CONFIG_HOME=/tmp XDG_DATA_HOME=/tmp
COPY --from=build /app/dist/ /srv/
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]
