"""The cryptography of a person's device, to the byte as in 1Relay's key protocol (docs: /docs/protocol).

Primitives come from `cryptography` and `argon2-cffi`; only text forms (base62, base32, strict base64url) are written here.
"""
