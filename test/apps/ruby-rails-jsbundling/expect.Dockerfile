# Made by Landfall for this repository (rails, ruby, 3.3.6). It builds anywhere: docker build .
# Version 3.3.6: Gemfile.lock RUBY VERSION.
# Because of Gemfile: manifest Bundler
# Because of config/application.rb: skeleton rails

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG NODE_BUILD_IMAGE=node:24
ARG RUBY_BUILD_IMAGE=ruby:3.3.6
ARG RUBY_IMAGE=ruby:3.3.6-slim

# Its programs build the assets.
FROM ${NODE_BUILD_IMAGE} AS node

# Gems are compiled and assets are built here.
FROM ${RUBY_BUILD_IMAGE} AS build
WORKDIR /app
ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_WITHOUT=development:test PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin RACK_ENV=production BUNDLE_FROZEN=1
# Libraries that gems are compiled with.
RUN --mount=type=cache,id=apt,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libpq-dev >/dev/null
COPY --from=node /usr/local/bin/node /usr/local/bin/
COPY --from=node /usr/local/lib/node_modules/ /usr/local/lib/node_modules/
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
COPY Gemfile Gemfile.lock ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    BUNDLE_FROZEN=0 bundle lock --add-platform x86_64-linux \
 && bundle install --jobs 4 --retry 2 \
 && mkdir -p /usr/local/bundle && rm -rf /usr/local/bundle/cache/*.gem \
 && bundle exec bootsnap precompile --gemfile
COPY package.json yarn.lock ./
RUN --mount=type=cache,id=yarn,target=/usr/local/share/.cache/yarn,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    if ! command -v yarn >/dev/null; then npm install -g yarn@1; fi \
 && yarn install --frozen-lockfile --non-interactive --production=false
COPY . ./
# A key of its own only for this: precompiling needs one and uses none.
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    chmod +x bin/* \
 && sed -i 's/\r$//' bin/* \
 && bundle exec bootsnap precompile app/ \
 && RAILS_ENV=production SECRET_KEY_BASE_DUMMY=1 SECRET_KEY_BASE=precompile bin/rails assets:precompile \
 && rm -rf node_modules \
 && mkdir -p tmp log storage

# Ruby, the gems and the app, without compilers.
FROM ${RUBY_IMAGE} AS runtime
WORKDIR /app
ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_WITHOUT=development:test PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin RACK_ENV=production LANG=C.UTF-8 MALLOC_ARENA_MAX=2 BUNDLE_FROZEN=1 RAILS_ENV=production RAILS_LOG_TO_STDOUT=1 RAILS_SERVE_STATIC_FILES=1 PIDFILE=/tmp/server.pid BOOTSNAP_READONLY=1
# Libraries that gems need to run.
RUN --mount=type=cache,id=apt,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libpq5 >/dev/null
COPY --from=build /usr/local/bundle/ /usr/local/bundle/
COPY --from=build /app/ ./
# The only folders that the running app needs to write to.
RUN mkdir -p /app/log /app/storage /app/tmp /app/tmp/cache /app/tmp/pids /app/tmp/sockets && chown 1000:1000 /app/log /app/storage /app/tmp /app/tmp/cache /app/tmp/pids /app/tmp/sockets
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec bin/rails server -b 0.0.0.0 -p $PORT"]
