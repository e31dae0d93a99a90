"""What GET /v1/openapi.json says: the API as it is served, for the makers of clients."""
