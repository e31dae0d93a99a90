"""The version, for the package, its User-Agent and its metadata alike."""

__version__ = "0.1.0"
