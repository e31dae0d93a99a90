"""Every address Django answers; the proxy's doors are in relay/asgi.py."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include("accounts.urls")),
    path("v1/", include("vault.urls")),
    path("v1/", include("linkflow.urls")),
    path("v1/", include("usage.urls")),
    path("v1/", include("webhooks.urls")),
    path("v1/", include("relay.openapi.views")),
    path("", include("accounts.pages")),
    path("", include("accounts.security_pages")),
    path("", include("accounts.activity_pages")),
    path("", include("accounts.developer_pages")),
    path("", include("linkflow.developer_pages")),
    path("", include("webhooks.pages")),
    path("", include("vault.pages")),
    path("", include("linkflow.pages")),
    path("", include("linkflow.link_pages")),
    path("", include("relay.overview")),
    path("", include("relay.docs.views")),
    path("", include("relay.pages")),
]

handler400 = "relay.pages.bad_request"
handler403 = "relay.pages.permission_denied"
handler404 = "relay.pages.not_found"
handler500 = "relay.pages.server_error"
