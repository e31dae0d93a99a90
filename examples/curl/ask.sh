#!/bin/sh
# From nothing to an answer with curl alone: a sandbox connection, its access token, one call. Needs no JSON tool.
set -eu
relay="${RELAY_URL:-http://localhost:8000}"

member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }
as_app() { curl -sS --fail-with-body -u "$ONERELAY_CLIENT_ID:$ONERELAY_CLIENT_SECRET" -H "Content-Type: application/json" "$@"; }

# 1. A public token, as Link would give it to your page.
public_token=$(as_app "$relay/v1/sandbox/link" -d "{\"outcome\": \"${OUTCOME:-works}\"}" | member publicToken)

# 2. Trade it, once, for what your server keeps.
access_token=$(as_app "$relay/v1/link/exchange" -d "{\"publicToken\": \"$public_token\"}" | member accessToken)

# 3. Call.
curl -sS --fail-with-body "$relay/v1/proxy/chat/completions" \
  -H "Authorization: Bearer $access_token" -H "Content-Type: application/json" \
  -d '{"provider": "sandbox", "model": "sandbox-small", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}'
echo
