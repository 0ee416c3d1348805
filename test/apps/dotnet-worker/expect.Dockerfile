# Made by Landfall for this repository (worker, dotnet, 8.0). It builds anywhere: docker build .
# Version 8.0: Jobs.csproj TargetFramework.
# Because of Jobs.csproj: manifest .NET
# Because of Jobs.csproj: kind worker
# Because of Jobs.csproj: framework worker

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DOTNET_SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:8.0
ARG DOTNET_IMAGE=mcr.microsoft.com/dotnet/runtime:8.0

# Compiles and publishes the project.
FROM ${DOTNET_SDK_IMAGE} AS build
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Project files before source: an edit of the source downloads nothing again.
COPY Jobs.csproj ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet restore Jobs.csproj
COPY . ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet publish Jobs.csproj -c Release -o /out -p:UseAppHost=false

# The runtime without the SDK.
FROM ${DOTNET_IMAGE} AS runtime
WORKDIR /app
ENV DOTNET_NOLOGO=1 DOTNET_EnableDiagnostics=0
COPY --from=build /out/ ./
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["dotnet","Jobs.dll"]
