# Made by Landfall for this repository (lume, deno, 2). It builds anywhere: docker build .
# Version 2: default.
# Because of deno.json: manifest deno
# Because of deno.json: imports lume
# Because of deno.json: framework lume

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DENO_IMAGE=denoland/deno:2
ARG STATIC_IMAGE=caddy:2

# Deno makes the pages.
FROM ${DENO_IMAGE} AS build
WORKDIR /app
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1
# Manifests before source: an edit of the source fetches nothing again.
COPY deno.json ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    deno install \
 && mkdir -p /deno-dir \
 && find /deno-dir ! -user 1000 -exec chown 1000:1000 {} +
COPY --chown=1000:1000 . ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    deno task build \
 && mkdir -p /deno-dir \
 && find /deno-dir ! -user 1000 -exec chown 1000:1000 {} + \
 && chown 1000:1000 /app \
 && find /app -path '*/node_modules' -prune -o ! -user 1000 -exec chown 1000:1000 {} +

# Only the pages.
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
COPY --from=build /app/public_html/ /srv/
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]
