"""1Relay for Python: call AI models with your users' own keys."""

from onerelay._version import __version__

__all__ = ["__version__"]
