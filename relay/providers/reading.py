"""The strict reading of spec/providers.json: exactly the members the dataclasses of `facts` have, each of its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from relay.providers.facts import FREE, AllowedCall, Constraint, Meter, Provider

_T = TypeVar("_T")
_CAMEL = re.compile(r"_([a-z])")
_MEMBER_PATH = re.compile(r"[A-Za-z_]+(\[\])?(\.[A-Za-z_]+(\[\])?)*")


def read_facts(document: Mapping[str, Any]) -> tuple[dict[str, Meter], dict[str, Provider]]:
    """Meters and providers by name. Raises ValueError, naming the place, for anything not understood."""
    if set(document) != {"$schema", "meters", "providers"}:
        raise ValueError("providers.json: the members are $schema, meters and providers")
    meters = {name: _read(Meter, value, f"meters.{name}") for name, value in document["meters"].items()}
    providers: dict[str, Provider] = {}
    for value in document["providers"]:
        provider = _read(Provider, value, f"providers.{value.get('id')}")
        _check(provider, meters)
        if provider.id in providers:
            raise ValueError(f"providers.json: {provider.id} stands there twice")
        providers[provider.id] = provider
    return meters, providers


def _check(provider: Provider, meters: Mapping[str, Meter]) -> None:
    where = f"providers.{provider.id}"
    free = {(call.method, call.path) for call in provider.calls if call.is_free}
    if not {(provider.check.method, provider.check.path), ("GET", provider.models.path)} <= free:
        raise ValueError(f"{where}: the check and the list of models must be among the free calls")
    for call in provider.calls:
        _check_call(call, provider, meters, where)
    for rules in provider.rules.values():
        for constraint in rules.constraints:
            _check_constraint(constraint, where)
    for pattern in (*provider.key_shapes, *(refused.shape for refused in provider.refused_key_shapes)):
        re.compile(pattern)
    for answer in provider.check_answers:
        re.compile(answer.matches or "")
    trial = provider.check_trial
    if trial is not None and ("POST", trial.path) not in {(call.method, call.path) for call in provider.calls}:
        raise ValueError(f"{where}: the trial must be among the calls")


def _check_call(call: AllowedCall, provider: Provider, meters: Mapping[str, Meter], where: str) -> None:
    """A call that generates can be given a limit. So every worst case is known before a call is sent, and no stream ever
    has to extend its hold while it runs."""
    if call.meter != FREE and call.meter not in meters:
        raise ValueError(f"{where}: no meter {call.meter}")
    if call.rules is not None and call.rules not in provider.rules:
        raise ValueError(f"{where}: no rules {call.rules}")
    if call.method == "POST" and call.rules is None:
        raise ValueError(f"{where}: {call.path} takes a body and has no rules for it")
    if not call.is_free and meters[call.meter].output and provider.rules[call.rules or ""].output_limit is None:
        raise ValueError(f"{where}: {call.path} generates and its output has no limit to set")


def _check_constraint(constraint: Constraint, where: str) -> None:
    if not _MEMBER_PATH.fullmatch(constraint.at):
        raise ValueError(f"{where}: {constraint.at} is no member path")
    if bool(constraint.refused) + bool(constraint.allowed) + bool(constraint.members) != 1:
        raise ValueError(f"{where}: {constraint.at} needs one of refused, allowed, members")
    if constraint.required and (constraint.refused or constraint.at.endswith("[]")):
        raise ValueError(f"{where}: {constraint.at} can't be required")
    if not constraint.required and (constraint.when or constraint.unless):
        raise ValueError(f"{where}: {constraint.at} says when it is required, and is not")
    for pattern in constraint.allowed:
        re.compile(pattern)


def _read(shape: type[_T], value: object, where: str) -> _T:
    """Fill a dataclass from an object with exactly its members, camelCase, each of the declared type."""
    if not isinstance(value, dict):
        raise ValueError(f"{where}: an object is needed")  # noqa: TRY004 - one error for a file we can't read
    hints = get_type_hints(shape)
    optional = {field.name for field in fields(shape) if field.default is not MISSING}  # type: ignore[arg-type]
    names = {_CAMEL.sub(lambda match: match[1].upper(), name): name for name in hints}
    unknown = set(value) - set(names)
    absent = {camel for camel, name in names.items() if camel not in value and name not in optional}
    if unknown or absent:
        raise ValueError(f"{where}: unknown {sorted(unknown)}, missing {sorted(absent)}")
    return shape(**{names[camel]: _convert(hints[names[camel]], raw, f"{where}.{camel}") for camel, raw in value.items()})


def _convert(hint: Any, raw: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if type(None) in arguments:
        return None if raw is None else _convert(arguments[0], raw, where)
    if origin is tuple:
        if not isinstance(raw, list):
            raise ValueError(f"{where}: a list is needed")
        return tuple(_convert(arguments[0], item, f"{where}[{number}]") for number, item in enumerate(raw))
    if origin is Mapping:
        if not isinstance(raw, dict):
            raise ValueError(f"{where}: an object is needed")
        return {name: _convert(arguments[1], item, f"{where}.{name}") for name, item in raw.items()}
    if hint is Any:
        return raw
    if hint in (str, int, bool):
        if type(raw) is not hint:
            raise ValueError(f"{where}: {hint.__name__} is needed")
        return raw
    return _read(hint, raw, where)
