"""Addresses of usage under /v1."""

from django.urls import path

from usage import views

urlpatterns = [
    path("usage", views.Usage.as_view()),
    path("ledger", views.Ledger.as_view()),
    path("budget", views.UserCap.as_view()),
]
