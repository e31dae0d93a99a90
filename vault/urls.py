"""Addresses of the vault under /v1."""

from django.urls import path

from vault import views

urlpatterns = [
    path("keys", views.Keys.as_view()),
    path("keys/<str:provider>", views.OneKey.as_view()),
]
