"""Addresses of accounts under /v1."""

from django.urls import path

from accounts.views import activity, apps, auth, security

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
    path("auth/password", security.Password.as_view()),
    path("auth/recovery", security.Recovery.as_view()),
    path("auth/recover/read", security.RecoverRead.as_view()),
    path("auth/recover", security.Recover.as_view()),
    path("auth/auto-lock", security.AutoLock.as_view()),
    path("auth/verify-email", activity.VerifyEmail.as_view()),
    path("auth/verify-email/send", activity.SendVerifyEmail.as_view()),
    path("activity", activity.ActivityLog.as_view()),
    path("apps", apps.Apps.as_view()),
    path("apps/<str:app_id>/rotate-secret", apps.RotateSecret.as_view()),
    path("apps/<str:app_id>/previous-secret", apps.PreviousSecret.as_view()),
    path("apps/<str:app_id>/logo", apps.Logo.as_view()),
    path("apps/<str:app_id>/verify", apps.VerifyOrigin.as_view()),
]
