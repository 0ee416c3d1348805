# Made by Landfall for src/App/ (giraffe, dotnet, 10.0). It builds anywhere: docker build .
# Version 10.0: App.fsproj TargetFramework.
# Because of src/App/App.fsproj: manifest .NET
# Because of src/App/App.fsproj: kind web
# Because of src/App/App.fsproj: framework giraffe

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DOTNET_SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG ASPNET_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

# Compiles and publishes the project.
FROM ${DOTNET_SDK_IMAGE} AS build
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Project files before source: an edit of the source downloads nothing again.
COPY src/App/App.fsproj src/App/
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet restore src/App/App.fsproj
COPY . ./
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    dotnet publish src/App/App.fsproj -c Release -f net10.0 -o /out -p:UseAppHost=false -p:PublishAot=false

# The runtime without the SDK.
FROM ${ASPNET_IMAGE} AS runtime
WORKDIR /app
ENV DOTNET_NOLOGO=1 DOTNET_EnableDiagnostics=0 ASPNETCORE_FORWARDEDHEADERS_ENABLED=true
COPY --from=build /out/ ./
ENV PORT=8085 HOME=/tmp ASPNETCORE_URLS=http://0.0.0.0:8085
EXPOSE 8085
USER 1000:1000
ENTRYPOINT []
CMD ["dotnet","App.dll"]
