# Made by Landfall for this repository (flask, python, 3.13). It builds anywhere: docker build .
# Version 3.13: pyproject.toml tool.poetry python.
# Because of pyproject.toml: manifest poetry
# Because of app.py: framework flask
# Because of app.py: entry gunicorn --bind 0.0.0.0:$PORT app:app

# A server without registry passes its own images for these, and its authorities as the secret ca.
ARG PYTHON_BUILD_IMAGE=python:3.13
ARG PYTHON_IMAGE=python:3.13-slim

# The packages, in a virtual environment that moves to the runtime image as it is.
FROM ${PYTHON_BUILD_IMAGE} AS build
WORKDIR /app
ENV VIRTUAL_ENV=/venv PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# The manifests first: an edit of the source installs nothing again.
COPY pyproject.toml poetry.lock ./
# Poetry only reads its lock file here: pip installs what it says.
RUN --mount=type=cache,id=pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    python3 -m venv /opt/poetry \
 && /opt/poetry/bin/pip install poetry poetry-plugin-export
# gunicorn is added: the manifests ask for no server.
RUN --mount=type=cache,id=pip,target=/root/.cache/pip \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    ca=/etc/ssl/certs/ca-certificates.crt; if [ -s $ca ]; then export NODE_EXTRA_CA_CERTS=$ca SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca DENO_CERT=$ca; fi; \
    python3 -m venv /venv \
 && /opt/poetry/bin/poetry export --only main -f requirements.txt -o /tmp/locked.txt \
 && pip install -r /tmp/locked.txt \
 && pip install gunicorn

# What runs: the packages and the source.
FROM ${PYTHON_IMAGE} AS runtime
WORKDIR /app
ENV PATH=/venv/bin:$PATH VIRTUAL_ENV=/venv PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FORWARDED_ALLOW_IPS="*"
COPY --from=build /venv /venv
COPY --chown=1000:1000 . ./
RUN chown 1000:1000 /app
ENV PORT=5000 HOME=/tmp
EXPOSE 5000
USER 1000:1000
ENTRYPOINT []
CMD ["sh","-c","exec gunicorn --bind 0.0.0.0:$PORT app:app"]
