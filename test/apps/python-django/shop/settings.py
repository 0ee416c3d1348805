import os
SECRET_KEY = os.environ.get("SECRET_KEY", "dev")
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATIC_ROOT = "staticfiles"
WSGI_APPLICATION = "shop.wsgi.application"
