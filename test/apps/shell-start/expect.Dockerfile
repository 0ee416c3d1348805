# Made by Landfall for this repository (shell). It builds anywhere: docker build .
# Because of start.sh: script start script

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG DEBIAN_IMAGE=debian:trixie-slim

# Runs start.sh with what Debian has.
FROM ${DEBIAN_IMAGE} AS runtime
WORKDIR /app
COPY --chown=1000:1000 . ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["bash","start.sh"]
