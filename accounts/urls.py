"""Addresses of accounts under /v1."""

from django.urls import path

from accounts.views import apps, auth

urlpatterns = [
    path("auth/prelogin", auth.Prelogin.as_view()),
    path("auth/register", auth.Register.as_view()),
    path("auth/login", auth.Login.as_view()),
    path("auth/unlock", auth.Unlock.as_view()),
    path("auth/session-key", auth.SessionKey.as_view()),
    path("auth/lock", auth.Lock.as_view()),
    path("auth/logout", auth.Logout.as_view()),
    path("auth/me", auth.Me.as_view()),
    path("auth/sessions", auth.Sessions.as_view()),
    path("auth/sessions/<str:session_id>", auth.OneSession.as_view()),
    path("apps", apps.Apps.as_view()),
    path("apps/<str:app_id>", apps.OneApp.as_view()),
    path("apps/<str:app_id>/rotate-secret", apps.RotateSecret.as_view()),
]
