# Made by Landfall for this repository (php, 8.4). It builds anywhere: docker build .
# Version 8.4: default.
# Because of contact.php: entry page
# Because of index.php: sources PHP

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG PHP_IMAGE=php:8.4-apache

# PHP with the extensions that the app needs, and Apache for a port and a user of its own.
FROM ${PHP_IMAGE} AS base
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
      '  DocumentRoot /app' \
      '  ErrorLog /dev/stderr' \
      '  CustomLog /dev/stdout combined' \
      '  SetEnvIf X-Forwarded-Proto "^https$" HTTPS=on' \
      '  <Directory /app>' \
      '    Require all granted' \
      '    AllowOverride All' \
      '    Options -Indexes +FollowSymLinks' \
      '    DirectoryIndex index.php index.html index.htm' \
      '  </Directory>' \
      '  # The whole repository lies in the served folder.' \
      '  <FilesMatch "^(\..*|composer\.(json|lock)|package(-lock)?\.json|landfall\.toml|Procfile|Dockerfile.*|.*\.(sql|sqlite|env|log|bak))$">' \
      '    Require all denied' \
      '  </FilesMatch>' \
      '  <DirectoryMatch "/(\.(?!well-known)|vendor/|node_modules/)">' \
      '    Require all denied' \
      '  </DirectoryMatch>' \
      '</VirtualHost>' \
      > /etc/apache2/sites-available/000-default.conf
# As another user than root it only ignores the names, and /tmp is what it may write to.
ENV APACHE_RUN_USER=www-data APACHE_RUN_GROUP=www-data APACHE_RUN_DIR=/tmp APACHE_LOCK_DIR=/tmp APACHE_LOG_DIR=/tmp APACHE_PID_FILE=/tmp/apache2.pid

# The sources with what was installed and built.
FROM base AS build
WORKDIR /app
COPY . ./

# No package manager, no sources of extensions: what serves.
FROM base AS runtime
WORKDIR /app
COPY --from=build /app/ ./
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["apache2","-DFOREGROUND"]
