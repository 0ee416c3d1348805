# Made by Landfall for this repository (django, python, 3.13). It builds anywhere: docker build .
# Version 3.13: default.
# Because of requirements.txt: manifest pip
# Because of manage.py: skeleton django

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG PYTHON_BUILD_IMAGE=python:3.13
ARG PYTHON_IMAGE=python:3.13-slim

# The packages, in a virtual environment that moves to the runtime image as it is.
FROM ${PYTHON_BUILD_IMAGE} AS build
WORKDIR /app
ENV VIRTUAL_ENV=/venv PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# The manifests first: an edit of the source installs nothing again.
COPY requirements.txt ./
# gunicorn is added: the manifests ask for no server.
RUN --mount=type=cache,id=pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    python3 -m venv /venv \
 && pip install -r requirements.txt gunicorn
COPY . ./
# STATIC_ROOT is set: its files belong into the image.
RUN (SECRET_KEY=only-for-the-build DJANGO_SECRET_KEY=only-for-the-build python manage.py collectstatic --noinput || echo "collectstatic failed: the settings need variables that the build does not have")

# What runs: the packages and the source.
FROM ${PYTHON_IMAGE} AS runtime
WORKDIR /app
ENV PATH=/venv/bin:$PATH VIRTUAL_ENV=/venv PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FORWARDED_ALLOW_IPS="*"
COPY --from=build /venv /venv
COPY --from=build --chown=1000:1000 /app/ ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec gunicorn --bind 0.0.0.0:$PORT shop.wsgi:application"]
