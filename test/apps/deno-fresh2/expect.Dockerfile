# Made by Landfall for this repository (fresh, deno, 2). It builds anywhere: docker build .
# Version 2: default.
# Because of deno.json: manifest deno
# Because of deno.json: start deno serve -A _fresh/server.js
# Because of deno.json: framework fresh

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DENO_IMAGE=denoland/deno:2

# Deno runs the source; what it imports is fetched while building.
FROM ${DENO_IMAGE} AS runtime
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
