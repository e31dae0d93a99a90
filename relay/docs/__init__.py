"""The documentation at /docs: Markdown of docs/ and of the SDKs, the error codes, and the API reference."""
