"""pytest plugin (`-p tests.own_redis_database`): every parallel worker gets a Redis database of its own.

Tests empty their cache, and one worker must not empty another's. A plugin, because settings are read before any conftest.
"""

import os

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_REDIS_URL = os.environ.get("REDIS_URL", "")

if _WORKER and _REDIS_URL:
    os.environ["REDIS_URL"] = f"{_REDIS_URL.rsplit('/', 1)[0]}/{_WORKER.removeprefix('gw')}"
