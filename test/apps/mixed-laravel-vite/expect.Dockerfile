# Made by Landfall for this repository (laravel, php, 8.4). It builds anywhere: docker build .
# Version 8.4: composer.json require.php.
# Because of composer.json: manifest Composer
# Because of artisan: skeleton laravel

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG PHP_IMAGE=php:8.4-apache
ARG NODE_BUILD_IMAGE=node:24

# PHP with the extensions that the app needs, and Apache for a port and a user of its own.
FROM ${PHP_IMAGE} AS base
# Extensions: bcmath, intl, pcntl, pdo_mysql, pdo_pgsql, zip.
RUN --mount=type=cache,id=apt,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    if command -v docker-php-ext-install >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends libicu-dev libpq-dev libzip-dev >/dev/null && docker-php-ext-install -j"$(nproc)" bcmath intl pcntl pdo_mysql pdo_pgsql zip >/dev/null; else apt-get update -qq && apt-get install -y -qq --no-install-recommends php-bcmath php-intl php-mysql php-pgsql php-zip >/dev/null; fi
RUN a2enmod -q rewrite headers \
 && rm -f /etc/apache2/conf-enabled/other-vhosts-access-log.conf
RUN mkdir -p /etc/apache2 && printf '%s\n' \
      'Listen ${PORT}' \
      'ServerName localhost' \
      'ServerTokens Prod' \
      'ServerSignature Off' \
      'ErrorLog /dev/stderr' \
      > /etc/apache2/ports.conf
RUN mkdir -p /etc/apache2/sites-available && printf '%s\n' \
      '<VirtualHost *:${PORT}>' \
      '  DocumentRoot /app/public' \
      '  ErrorLog /dev/stderr' \
      '  CustomLog /dev/stdout combined' \
      '  SetEnvIf X-Forwarded-Proto "^https$" HTTPS=on' \
      '  <Directory /app/public>' \
      '    Require all granted' \
      '    AllowOverride All' \
      '    Options -Indexes +FollowSymLinks' \
      '    DirectoryIndex index.php index.html index.htm' \
      '    FallbackResource /index.php' \
      '  </Directory>' \
      '</VirtualHost>' \
      > /etc/apache2/sites-available/000-default.conf
# As another user than root it only ignores the names, and /tmp is what it may write to.
ENV APACHE_RUN_USER=www-data APACHE_RUN_GROUP=www-data APACHE_RUN_DIR=/tmp APACHE_LOCK_DIR=/tmp APACHE_LOG_DIR=/tmp APACHE_PID_FILE=/tmp/apache2.pid

# Composer installs what the lock says.
FROM base AS vendor
WORKDIR /app
ENV COMPOSER_ALLOW_SUPERUSER=1 COMPOSER_NO_INTERACTION=1 COMPOSER_CACHE_DIR=/root/.composer/cache
# The official image has no Composer.
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    if ! command -v composer >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends git unzip >/dev/null && curl -fsSL -o /usr/local/bin/composer https://getcomposer.org/download/latest-2.x/composer.phar && chmod 755 /usr/local/bin/composer; fi
COPY composer.json ./
RUN --mount=type=cache,id=composer,target=/root/.composer/cache \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    composer install --no-dev --prefer-dist --no-progress --no-scripts --no-autoloader

# Scripts and styles, built by package.json.
FROM ${NODE_BUILD_IMAGE} AS assets
WORKDIR /src
ENV npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false CI=true
COPY package.json ./
RUN --mount=type=cache,id=npm,target=/root/.npm \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    npm install --include=dev
COPY . /src/
COPY --from=vendor /app/vendor/ /src/vendor/
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    NODE_ENV=production npm run build \
 && rm -rf node_modules

# The sources with what was installed and built.
FROM vendor AS build
COPY . ./
COPY --from=assets /src/ ./
ENV APP_ENV=production APP_DEBUG=false LOG_CHANNEL=stderr
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    composer dump-autoload --no-dev --optimize \
 && mkdir -p storage/framework/cache/data storage/framework/sessions storage/framework/views storage/logs storage/app/public bootstrap/cache \
 && { [ -e public/storage ] || ln -s ../storage/app/public public/storage; }

# No package manager, no sources of extensions: what serves.
FROM base AS runtime
WORKDIR /app
ENV APP_ENV=production APP_DEBUG=false LOG_CHANNEL=stderr
COPY --from=build /app/ ./
# The only folders that the running app needs to write to.
RUN mkdir -p /app/storage /app/storage/app /app/storage/app/public /app/storage/framework /app/storage/framework/cache /app/storage/framework/cache/data /app/storage/framework/sessions /app/storage/framework/views /app/storage/logs /app/bootstrap/cache /app/database && chown 1000:1000 /app/storage /app/storage/app /app/storage/app/public /app/storage/framework /app/storage/framework/cache /app/storage/framework/cache/data /app/storage/framework/sessions /app/storage/framework/views /app/storage/logs /app/bootstrap/cache /app/database
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["apache2","-DFOREGROUND"]
