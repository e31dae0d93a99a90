"""Addresses of Link and connections under /v1."""

from django.conf import settings
from django.urls import path

from linkflow.views import account, apps, connections, demo, sandbox, sessions

urlpatterns = [
    path("auth/account", account.Account.as_view()),
    path("apps/<str:app_id>", apps.OneApp.as_view()),
    path("link/sessions", sessions.CreateSession.as_view()),
    path("link/sessions/<str:session_id>", sessions.SessionOutcome.as_view()),
    path("link/session", sessions.CurrentSession.as_view()),
    path("link/session/events", sessions.SessionEvents.as_view()),
    path("link/authorize", sessions.Authorize.as_view()),
    path("link/exchange", sessions.Exchange.as_view()),
    path("sandbox/link", sandbox.SandboxLink.as_view()),
    path("sandbox/fire", sandbox.SandboxFire.as_view()),
    path("connections", connections.Connections.as_view()),
    path("connections/<str:connection_id>", connections.OneConnection.as_view()),
]
if settings.DEBUG:
    urlpatterns.append(path("demo/month", demo.DemoMonth.as_view()))
