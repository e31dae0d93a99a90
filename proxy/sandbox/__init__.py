"""A provider for trying things out: OpenAI's dialect, deterministic answers, failures chosen by the key. Not a mock: it is
served over HTTP and called like any other provider."""
