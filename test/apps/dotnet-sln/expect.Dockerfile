# Made by Landfall for this repository (aspnetcore, dotnet, 9.0). It builds anywhere: docker build .
# Version 9.0: Shop.Api.csproj TargetFramework.
# Because of Shop.sln: manifest .NET
# Because of src/Shop.Api/Shop.Api.csproj: kind web
# Because of src/Shop.Api/Shop.Api.csproj: framework aspnetcore

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DOTNET_SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:9.0
ARG ASPNET_IMAGE=mcr.microsoft.com/dotnet/aspnet:9.0

# Compiles and publishes the project.
FROM ${DOTNET_SDK_IMAGE} AS build
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Project files before source: an edit of the source downloads nothing again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Shop.Api/Shop.Api.csproj src/Shop.Api/
COPY src/Shop.Core/Shop.Core.csproj src/Shop.Core/
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet restore src/Shop.Api/Shop.Api.csproj
COPY . ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet publish src/Shop.Api/Shop.Api.csproj -c Release -o /out -p:UseAppHost=false

# The runtime without the SDK.
FROM ${ASPNET_IMAGE} AS runtime
WORKDIR /app
ENV DOTNET_NOLOGO=1 DOTNET_EnableDiagnostics=0 ASPNETCORE_FORWARDEDHEADERS_ENABLED=true
COPY --from=build /out/ ./
ENV PORT=5000 HOME=/tmp ASPNETCORE_URLS=http://0.0.0.0:5000
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["dotnet","shop-api.dll"]
