"""Addresses of webhooks under /v1."""

from django.urls import path

from webhooks import views

urlpatterns = [
    path("webhooks/test", views.Test.as_view()),
    path("apps/<str:app_id>/webhooks", views.OneEndpoint.as_view()),
    path("apps/<str:app_id>/webhooks/rotate-secret", views.RotateSecret.as_view()),
    path("apps/<str:app_id>/webhooks/enable", views.Enable.as_view()),
    path("apps/<str:app_id>/webhooks/test", views.AppTest.as_view()),
    path("apps/<str:app_id>/webhooks/deliveries", views.Deliveries.as_view()),
    path("apps/<str:app_id>/webhooks/deliveries/<str:event_id>", views.OneDelivery.as_view()),
    path("apps/<str:app_id>/webhooks/deliveries/<str:event_id>/replay", views.Replay.as_view()),
]
