# Made by Landfall for this repository (blazor, dotnet, 8.0). It builds anywhere: docker build .
# Version 8.0: Client.csproj TargetFramework.
# Because of Client.sln: manifest .NET
# Because of Client/Client.csproj: kind wasm
# Because of Client/Client.csproj: framework blazor

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DOTNET_SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:8.0
ARG STATIC_IMAGE=caddy:2

# Compiles and publishes the project.
FROM ${DOTNET_SDK_IMAGE} AS build
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Project files before source: an edit of the source downloads nothing again.
COPY Client/Client.csproj Client/
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet restore Client/Client.csproj
COPY . ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet publish Client/Client.csproj -c Release -o /out

# Only what the browser loads.
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
COPY --from=build /out/wwwroot/ /srv/
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]
