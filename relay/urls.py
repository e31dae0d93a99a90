"""Every address Django answers; the proxy's doors are in relay/asgi.py."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
]
