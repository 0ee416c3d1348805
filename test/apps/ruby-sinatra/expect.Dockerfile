# Made by Landfall for this repository (sinatra, ruby, 3.3). It builds anywhere: docker build .
# Version 3.3: .ruby-version.
# Because of Gemfile: manifest Bundler
# Because of config.ru: entry Rack
# Because of Gemfile: framework sinatra

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG RUBY_BUILD_IMAGE=ruby:3.3
ARG RUBY_IMAGE=ruby:3.3-slim

# Gems are compiled and assets are built here.
FROM ${RUBY_BUILD_IMAGE} AS build
WORKDIR /app
ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_WITHOUT=development:test PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin RACK_ENV=production
COPY Gemfile .ruby-version ./
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    { bundle install --local >/dev/null 2>&1 || bundle install --jobs 4 --retry 2; } \
 && mkdir -p /usr/local/bundle && rm -rf /usr/local/bundle/cache/*.gem
COPY . ./

# Ruby, the gems and the app, without compilers.
FROM ${RUBY_IMAGE} AS runtime
WORKDIR /app
ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_WITHOUT=development:test PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin RACK_ENV=production LANG=C.UTF-8 MALLOC_ARENA_MAX=2 APP_ENV=production
COPY --from=build /usr/local/bundle/ /usr/local/bundle/
COPY --from=build /app/ ./
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec bundle exec puma -b tcp://0.0.0.0:$PORT config.ru"]
