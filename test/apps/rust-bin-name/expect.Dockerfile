# Made by Landfall for this repository (actix-web, rust, 1.85.0). It builds anywhere: docker build .
# Version 1.85.0: rust-toolchain.toml.
# Because of Cargo.toml: manifest accounts
# Because of src/entry.rs: binary accountsd
# Because of Cargo.toml: dependencies actix-web

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG RUST_BUILD_IMAGE=rust:1.85.0
ARG DEBIAN_IMAGE=debian:trixie-slim

# Compiles the binary.
FROM ${RUST_BUILD_IMAGE} AS build
WORKDIR /src
COPY . ./
# Dependencies stay compiled in the cache; only the own crates are compiled again (touch, as a commit may be older than the cache).
RUN --mount=type=cache,id=cargo-registry,target=/usr/local/cargo/registry \
    --mount=type=cache,id=cargo-git,target=/usr/local/cargo/git \
    --mount=type=cache,id=cargo-target-accounts,target=/target,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    find . -name '*.rs' -exec touch {} + \
 && CARGO_TARGET_DIR=/target cargo build --release -p accounts --bin accountsd \
 && install -D -s /target/release/accountsd /out/accountsd

# The binary on Debian, for the C library.
FROM ${DEBIAN_IMAGE} AS runtime
# So that the app can verify the servers it calls.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
WORKDIR /app
COPY --from=build /out/ /app/bin/
ENV PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV PORT=8080 HOME=/tmp
EXPOSE 8080
USER 1000:1000
ENTRYPOINT []
CMD ["/app/bin/accountsd","--quiet"]
