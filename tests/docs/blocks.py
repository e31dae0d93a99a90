"""Every block of code that readers copy: where it stands, and what its fence says of it (relay/docs/fences.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from relay.docs.fences import Fence, read_fence

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "site").glob("*.md")),
    ROOT / "docs" / "providers.md",
    ROOT / "docs" / "configuration.md",
    *sorted((ROOT / "clients").glob("*/README.md")),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code."""

    source: str
    line: int
    fence: Fence
    code: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"


def blocks() -> list[Block]:
    """All of them, in the order of their files."""
    found = []
    for path in SOURCES:
        for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
            if token.type == "fence":
                assert token.map is not None
                source = path.relative_to(ROOT).as_posix()
                found.append(Block(source, token.map[0] + 1, read_fence(token.info), token.content))
    return found


def to_run(*languages: str, in_browser: bool = False) -> list[Block]:
    """The blocks of these languages that a runner of tests/e2e/test_docs_code.py has to run."""
    return [
        block
        for block in blocks()
        if block.fence.language in languages
        and block.fence.in_browser == in_browser
        and not (block.fence.not_run or block.fence.run_by or block.fence.file)
    ]
