"""User agents in plain words; the strings are those the vendors document, or their browsers sent, in 2025."""

import pytest

from accounts.services.devices import UNKNOWN, describe

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

SAID = [
    (f"{MAC} {_CHROME} Safari/537.36", "Chrome on macOS"),
    (f"{WINDOWS} {_CHROME} Safari/537.36 Edg/130.0.0.0", "Edge on Windows"),
    (f"{WINDOWS} {_CHROME} Safari/537.36 OPR/114.0.0.0", "Opera on Windows"),
    (f"{LINUX} {_CHROME} Safari/537.36", "Chrome on Linux"),
    ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + _CHROME + " Safari/537.36", "Chrome on ChromeOS"),
    (f"{PIXEL} {_CHROME} Mobile Safari/537.36", "Chrome on Android"),
    (
        f"{PIXEL} AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
        "Samsung Internet on Android",
    ),
    (f"{PIXEL} {_CHROME} Mobile Safari/537.36 EdgA/130.0.0.0", "Edge on Android"),
    (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari on macOS"),
    (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
    (f"{IPHONE} CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
    (f"{IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
    ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPad"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Windows"),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
    ("curl/8.5.0", "curl"),
    ("onerelay-cli/0.1.0", "The onerelay command"),
    ("python-requests/2.32.3", "Python"),
    ("node", "Node.js"),
    ("SomeTool/1.0 (Linux)", "A program on Linux"),
    ("", UNKNOWN),
    ("<script>alert(1)</script>", UNKNOWN),
]


@pytest.mark.parametrize(("user_agent", "words"), SAID, ids=[words for _, words in SAID])
def test_it_says(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words


def test_a_browser_that_updated_itself_is_the_same_device() -> None:
    agent = f"{MAC} {_CHROME} Safari/537.36"
    assert describe(agent) == describe(agent.replace("130", "131"))


def test_nothing_of_the_text_itself_comes_through() -> None:
    assert describe("Chrome/ Windows \r\nBcc: eve@example.com") == "Chrome on Windows"
