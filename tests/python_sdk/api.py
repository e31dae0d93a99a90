"""Everything the app's side of the package offers, in a text: what changes in it is a change for users.

`python -m tests.python_sdk.api` writes it.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import onerelay
from onerelay import errors, events, params, sandbox, streaming, types, webhooks

SNAPSHOT = Path(__file__).with_name("api.txt")
MODULES = (onerelay, errors, events, params, sandbox, streaming, types, webhooks)


def listed() -> str:
    """One line a name, sorted within its module."""
    lines: list[str] = []
    for module in MODULES:
        lines += [f"[{module.__name__}]", *sorted(line for name in names(module) for line in _told(name, getattr(module, name))), ""]
    return "\n".join(lines)


def names(module: ModuleType) -> list[str]:
    """What a module offers: __all__, or its own classes, functions and constants without an underscore."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    here = [name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)]
    return [name for name in here if getattr(vars(module)[name], "__module__", module.__name__) == module.__name__]


def _told(name: str, thing: Any) -> list[str]:
    if inspect.ismodule(thing):
        return [f"{name}: module"]
    if not inspect.isclass(thing):
        return [f"{name}{_signature(thing)}" if inspect.isfunction(thing) else f"{name}: {_kind(thing)}"]
    bases = ", ".join(base.__name__ for base in thing.__bases__)
    own = [member for kind in thing.__mro__ if kind is thing or kind.__name__.startswith("_") for member in vars(kind)]
    members = [line for member in own if not member.startswith("_") for line in _member(name, thing, member)]
    return [f"{name}({bases})", *_fields(name, thing), *members, *_made(name, thing)]


def _fields(name: str, thing: type) -> list[str]:
    if dataclasses.is_dataclass(thing):
        fields = [field for field in dataclasses.fields(thing) if field.name in thing.__annotations__]
        return [f"{name}.{field.name}: {field.type}{'' if _needed(field) else ' = …'}" for field in fields]
    if typing.is_typeddict(thing):
        return [f"{name}[{member!r}]: {_bare(hint)}" for member, hint in typing.get_type_hints(thing, include_extras=True).items()]
    return []


def _needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _member(name: str, thing: type, member: str) -> list[str]:
    value = inspect.getattr_static(thing, member)
    if isinstance(value, property):
        return [f"{name}.{member} -> {((value.fget and value.fget.__annotations__) or {}).get('return')}"]
    if inspect.isfunction(value) and value.__module__.startswith("onerelay"):
        told = "async " if inspect.iscoroutinefunction(value) else ""
        return [f"{name}.{member}: {told}{_signature(value)}"]
    return []


def _made(name: str, thing: type) -> list[str]:
    own = vars(thing).get("__init__")
    written = inspect.isfunction(own) and not dataclasses.is_dataclass(thing) and own.__module__.startswith("onerelay")
    return [f"{name}.__init__{_signature(own)}"] if written else []


def _signature(function: Any) -> str:
    return str(inspect.signature(function)).replace("'", "")


def _kind(thing: Any) -> str:
    return repr(thing) if isinstance(thing, int) else "text" if isinstance(thing, str) else _bare(thing)


def _bare(hint: Any) -> str:
    return str(hint).replace("typing.", "").replace("onerelay.", "")


if __name__ == "__main__":
    SNAPSHOT.write_text(listed(), encoding="utf-8")
