"""What the words behind a code block's language say: its file, where it runs, and why a test does not run it.

    ```js file server.mjs
    ```js file app.js; in the browser
    ```sh not run: installs from the package registry
    ```sh run by tests/e2e/test_make_run.py

Other readers of Markdown take the first word for the language and leave the rest alone.
"""

from __future__ import annotations

from dataclasses import dataclass

_NAMES = {"js": "JavaScript", "ts": "TypeScript", "python": "Python", "sh": "Shell", "json": "JSON", "html": "HTML", "http": "HTTP"}


@dataclass(frozen=True, slots=True)
class Fence:
    """One code block's info string, taken apart."""

    language: str
    file: str = ""
    in_browser: bool = False
    not_run: str = ""
    run_by: str = ""

    @property
    def title(self) -> str:
        """What stands above the block."""
        title = self.file or _NAMES.get(self.language, "")
        return f"{title} (in the browser)" if self.in_browser else title


def read_fence(info: str) -> Fence:
    """The parts of an info string. Raises ValueError for a part that means nothing."""
    language, _, rest = info.strip().partition(" ")
    found: dict[str, str | bool] = {}
    for part in filter(None, (part.strip() for part in rest.split(";"))):
        if part == "in the browser":
            found["in_browser"] = True
        elif part.startswith("file "):
            found["file"] = part.removeprefix("file ")
        elif part.startswith("not run: "):
            found["not_run"] = part.removeprefix("not run: ")
        elif part.startswith("run by "):
            found["run_by"] = part.removeprefix("run by ")
        else:
            raise ValueError(f"A code block says {part!r}, which means nothing.")
    return Fence(language, **found)  # type: ignore[arg-type]  # each under its own type
