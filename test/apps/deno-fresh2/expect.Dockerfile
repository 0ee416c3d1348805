# Made by Landfall for this repository (fresh, deno, 2). It builds anywhere: docker build .
# Version 2: default.
# Because of deno.json: manifest deno
# Because of deno.json: start deno serve -A _fresh/server.js
# Because of deno.json: framework fresh

# The server replaces these where no registry can be reached.
ARG DENO_IMAGE=denoland/deno:2

# Deno runs the source; what it imports is fetched while building.
FROM ${DENO_IMAGE} AS runtime
WORKDIR /app
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1
# Manifests before source: an edit of the source fetches nothing again.
COPY deno.json ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DENO_CERT=/etc/ssl/certs/ca-certificates.crt; fi; \
    deno install \
 && find /deno-dir ! -user 1000 -exec chown 1000:1000 {} +
COPY --chown=1000:1000 . ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DENO_CERT=/etc/ssl/certs/ca-certificates.crt; fi; \
    deno cache _fresh/server.js \
 && deno task build \
 && mkdir -p /deno-dir \
 && find /deno-dir ! -user 1000 -exec chown 1000:1000 {} + \
 && chown 1000:1000 /app \
 && find /app -path '*/node_modules' -prune -o ! -user 1000 -exec chown 1000:1000 {} +
ENV PORT=8000 HOME=/tmp
EXPOSE 8000
USER 1000:1000
ENTRYPOINT []
CMD ["deno","serve","-A","_fresh/server.js"]
