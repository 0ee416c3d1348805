# Made by Landfall for this repository (aspnetcore, dotnet, 6.0). It builds anywhere: docker build .
# Version 6.0: Spa.csproj TargetFramework.
# Because of Spa.csproj: manifest .NET
# Because of Spa.csproj: kind web
# Because of Spa.csproj: framework aspnetcore

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG DOTNET_SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:6.0
ARG ASPNET_IMAGE=mcr.microsoft.com/dotnet/aspnet:6.0

# Its programs build the assets.
FROM ${NODE_BUILD_IMAGE} AS node

# Compiles and publishes the project.
FROM ${DOTNET_SDK_IMAGE} AS build
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules/ /usr/local/lib/node_modules/
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
# Project files before source: an edit of the source downloads nothing again.
COPY Spa.csproj ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet restore Spa.csproj
COPY . ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet publish Spa.csproj -c Release -o /out -p:UseAppHost=false

# The runtime without the SDK.
FROM ${ASPNET_IMAGE} AS runtime
WORKDIR /app
ENV DOTNET_NOLOGO=1 DOTNET_EnableDiagnostics=0 ASPNETCORE_FORWARDEDHEADERS_ENABLED=true
COPY --from=build /out/ ./
ENV PORT=5000 HOME=/tmp ASPNETCORE_URLS=http://0.0.0.0:5000
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["dotnet","Spa.dll"]
