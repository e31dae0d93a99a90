"""What the tracked files may not hold: other openers of provider keys, ciphers of our own, tokens, keys, registry addresses."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from relay.providers.registry import looks_like_provider_key

ROOT = Path(__file__).resolve().parents[2]
OPENER = "open_sealed_key"
MAY_OPEN = "proxy/pipeline.py"
PRIMITIVES = {"cryptography", "argon2", "nacl", "Crypto", "Cryptodome", "jwt", "bcrypt", "passlib"}
DJANGOS = {"django.core.signing", "django.utils.crypto", "django.contrib.auth.hashers"}
DEVICE_CRYPTO = "clients/python-sdk/src/onerelay/user/crypto/"
"""A device's part in the Python package, which stands by itself; the vectors hold it to the server's."""
SLOW_HASHES = {"pbkdf2_hmac", "scrypt"}
TOKEN = re.compile(r"1r_(?:cs|ut|lt|pt|at)_[0-9A-Za-z]{8,}")
VECTORS = "spec/vectors.json"
SANDBOX = re.compile(r"sandbox-key-[a-z-]+")  # published names of failures, no secrets
HOSTS = (
    "registry." + "npmjs",
    "registry." + "yarnpkg",
    "npm." + "pkg.github",
    "pypi." + "org",
    "files." + "pythonhosted",
    "test." + "pypi",
    "crates" + ".io",
    "proxy." + "golang",
    "ruby" + "gems.org",
    "jsdel" + "ivr",
    "unp" + "kg.com",
    "cdn" + "js.",
    "jf" + "rog",
    "arti" + "factory",
    "ghcr" + ".io",
    "docker" + ".io",
    "deb." + "debian",
    "archive." + "ubuntu",
)
INDEX = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|\"resolved\"\s*:\s*\"\w+:|^\s*registry\s*=", re.MULTILINE)
SUBTLE = re.compile(
    r"subtle\s*\.\s*(?:encrypt|decrypt|sign|verify|importKey|exportKey|derive\w+|generateKey|wrapKey|unwrapKey)|hash-wasm|@noble/"
)
BROWSER_CRYPTO = "clients/core/src/crypto/"


@cache
def tracked() -> tuple[str, ...]:
    """Every tracked file that is still there, by its path from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


@cache
def texts() -> dict[str, str]:
    """Path → text, of every tracked file that is text."""
    found = {}
    for name in tracked():
        raw = (ROOT / name).read_bytes()
        if b"\0" not in raw[:8192]:
            found[name] = raw.decode("utf-8", "replace")
    return found


def product_modules() -> dict[str, ast.Module]:
    """Path → syntax tree, of every Python file but tests'."""
    return {name: ast.parse(text) for name, text in texts().items() if name.endswith(".py") and not name.startswith("tests/")}


def names_in(tree: ast.AST) -> set[str]:
    """Every name, attribute, imported name and whole string in a tree."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
    return found


def modules_in(tree: ast.AST) -> set[str]:
    """Every module a tree imports, or imports from."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_only_the_pipeline_opens_sealed_keys() -> None:
    users = {name for name, tree in product_modules().items() if OPENER in names_in(tree)}
    assert {name for name in users if not name.startswith("relay/crypto/")} == {MAY_OPEN}


def test_the_pipeline_opens_them_in_one_place() -> None:
    calls = [
        node
        for node in ast.walk(product_modules()[MAY_OPEN])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == OPENER
    ]
    assert len(calls) == 1


def test_only_the_floor_uses_cryptographic_primitives() -> None:
    for name, tree in product_modules().items():
        used = modules_in(tree)
        if name.startswith(("relay/crypto/", DEVICE_CRYPTO)):
            continue
        assert not {module.partition(".")[0] for module in used} & PRIMITIVES, name
        assert not used & DJANGOS, name
        assert not names_in(tree) & SLOW_HASHES, name


def test_only_the_core_uses_the_browsers_primitives() -> None:
    shipped = {name: text for name, text in texts().items() if re.fullmatch(r"(?:clients/[\w-]+/src|examples)/.+\.(?:ts|js|mjs)", name)}
    assert any(name.startswith(BROWSER_CRYPTO) and SUBTLE.search(text) for name, text in shipped.items())
    assert [name for name, text in shipped.items() if SUBTLE.search(text) and not name.startswith(BROWSER_CRYPTO)] == []


def test_no_token_stands_in_a_file() -> None:
    assert TOKEN.search(texts()[VECTORS])
    assert [name for name, text in texts().items() if TOKEN.search(text) and name != VECTORS] == []


def test_no_provider_key_stands_in_a_file() -> None:
    found = []
    for name, text in texts().items():
        if name != VECTORS and looks_like_provider_key(SANDBOX.sub("", text)):
            found += [
                f"{name}:{number}" for number, line in enumerate(text.splitlines(), 1) if looks_like_provider_key(SANDBOX.sub("", line))
            ]
    assert found == []


@pytest.mark.parametrize("host", HOSTS)
def test_no_registry_is_named(host: str) -> None:
    assert [name for name, text in texts().items() if host in text.lower()] == []


def test_no_package_list_says_where_to_fetch() -> None:
    lists = {
        name: text for name, text in texts().items() if re.search(r"requirements/|package[\w-]*\.json$|\.npmrc$|\.toml$|Makefile$", name)
    }
    assert {"package-lock.json", "requirements/base.txt", ".npmrc"} <= lists.keys()
    assert [name for name, text in lists.items() if INDEX.search(text)] == []


def test_nothing_built_or_fetched_is_tracked() -> None:
    built = re.compile(r"(^|/)(node_modules|dist|build|__pycache__|\.venv|data)/|\.(pyc|whl|tgz|sqlite3|pem|key)$")
    assert [name for name in tracked() if built.search(name)] == []
