"""A signed-in browser for tests: Django's client with the cookie that signing in on the pages sets."""

from django.test import Client
from django.utils import timezone

from accounts.authentication import COOKIE
from accounts.models import User, UserSession
from accounts.services import sessions


def browser_of(user: User) -> Client:
    """A client with a fresh cookie session of the user."""
    opened = sessions.open_session(user, UserSession.COOKIE, "test browser", timezone.now())
    client = Client()
    client.cookies[COOKIE] = opened.token
    return client
