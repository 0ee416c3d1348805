# Made by Landfall for this repository (trunk, rust, 1.96). It builds anywhere: docker build .
# Version 1.96: default.
# Because of Cargo.toml: manifest counter
# Because of index.html: page built by trunk
# Because of Cargo.toml: dependencies a page in WebAssembly

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG RUST_BUILD_IMAGE=rust:1.96
ARG STATIC_IMAGE=caddy:2

# Compiles the page to WebAssembly.
FROM ${RUST_BUILD_IMAGE} AS build
WORKDIR /src
RUN --mount=type=cache,id=cargo-registry,target=/usr/local/cargo/registry \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    rustup target add wasm32-unknown-unknown \
 && cargo install --locked --root /usr/local trunk
COPY . ./
RUN --mount=type=cache,id=cargo-registry,target=/usr/local/cargo/registry \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    trunk build --release

# The built page.
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
      '	try_files {path} {path}.html {path}/index.html /index.html' \
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
COPY --from=build /src/dist/ /srv/
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]
