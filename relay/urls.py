"""Every address Django answers; the proxy's doors are in relay/asgi.py."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("accounts.urls")),
    path("v1/", include("vault.urls")),
    path("v1/", include("linkflow.urls")),
]
