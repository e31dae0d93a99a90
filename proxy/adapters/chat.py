"""OpenAI's chat format as adapters read it: members by name, each understood or refused, never dropped.

Source: openai-python 3.54.0, types/chat/completion_create_params.py, read 2026-11-23.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from relay.core.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": (),
    "functions": ([],),
    "logit_bias": ({},),
    "logprobs": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "moderation": (),
    "n": (1,),
    "prediction": (),
    "presence_penalty": (0,),
    "prompt_cache_key": (),
    "prompt_cache_options": (),
    "prompt_cache_retention": (),
    "seed": (),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "top_logprobs": (),
    "verbosity": ("medium",),
    "web_search_options": (),
}
"""Members that a provider may lack: the values that ask for nothing, besides null. Any other value is refused."""

HINTS: Mapping[str, str] = {
    "function_call": "Use tool_choice instead.",
    "functions": "Use tools instead.",
    "metadata": "Keep it in your own records: nothing is stored here.",
    "moderation": "Leave it out.",
    "n": "Ask for one answer a call.",
    "store": "Leave it out: nothing is stored here.",
}
"""What to do instead, where there is more to say than leaving it out."""


def refusal(field: str, why: str) -> InvalidRequest:
    """The refusal of one member: why not, and what to do; in the message too, which is all that most clients show."""
    return InvalidRequest(f"{field}: {why}", fields={field: [why]})


def refuse(field: str, why: str) -> NoReturn:
    """Raise the refusal of one member."""
    raise refusal(field, why)


def check_members(members: Mapping[str, Any], understood: Collection[str], provider: str) -> None:
    """Refuse every member that the adapter does not understand and that asks for something.

    Raises InvalidRequest for unknown names, and for known ones with a value that `provider` (its name) can't serve.
    """
    for name, value in members.items():
        if name in understood or value is None:
            continue
        if name not in NEUTRAL:
            raise refusal(name[:64], "OpenAI's chat format has no such member.")
        if not any(value == neutral and isinstance(value, bool) == isinstance(neutral, bool) for neutral in NEUTRAL[name]):
            raise refusal(name, f"{provider} has nothing like this. {HINTS.get(name, 'Leave it out.')}")


def check_part(part: Mapping[str, Any], understood: Collection[str], field: str) -> None:
    """Refuse members of an inner object that the adapter does not understand; null ones ask for nothing."""
    for name, value in part.items():
        if name not in understood and value is not None:
            raise refusal(f"{field}.{name[:64]}", "This provider has nothing like it. Leave it out.")


def an_object(value: object, field: str) -> dict[str, Any]:
    """`value`, which must be an object."""
    if not isinstance(value, dict):
        raise refusal(field, "An object is needed.")
    return value


def a_list(value: object, field: str) -> list[Any]:
    """`value`, which must be a list that is not empty."""
    if not isinstance(value, list) or not value:
        raise refusal(field, "A list with at least one item is needed.")
    return value


def a_text(value: object, field: str) -> str:
    """`value`, which must be text."""
    if not isinstance(value, str):
        raise refusal(field, "Text is needed.")
    return value


def a_flag(value: object, field: str) -> bool:
    """`value`, which must be true, false or absent (false)."""
    if value is not None and not isinstance(value, bool):
        raise refusal(field, "true or false is needed.")
    return bool(value)


def a_number(value: object, field: str, most: float) -> float:
    """`value`, which must be a number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise refusal(field, f"A number from 0 to {most:g} is needed: this provider takes no other.")
    return value


def output_limit(members: Mapping[str, Any]) -> int | None:
    """How many tokens the caller lets the model write, under either of its names."""
    given = {name: members[name] for name in ("max_completion_tokens", "max_tokens") if members.get(name) is not None}
    for name, value in given.items():
        if type(value) is not int or value < 1:
            raise refusal(name, "A positive whole number is needed.")
    if len(set(given.values())) > 1:
        raise refusal("max_tokens", "Also given as max_completion_tokens, and not the same; send one of the two.")
    return next(iter(given.values()), None)


def stops(members: Mapping[str, Any]) -> list[str]:
    """The stop sequences, of which the caller may send one as text."""
    stop = members.get("stop")
    if stop is None:
        return []
    found = [stop] if isinstance(stop, str) else stop
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise refusal("stop", "Text or a list of texts is needed.")
    return found


def wants_usage(members: Mapping[str, Any]) -> bool:
    """Whether the caller of a stream asked for the usage chunk. Raises InvalidRequest for options not understood."""
    options = members.get("stream_options")
    if options is None:
        return False
    given = an_object(options, "stream_options")
    check_part({**given, "include_obfuscation": given.get("include_obfuscation") or None}, ("include_usage",), "stream_options")
    if not members.get("stream"):
        raise refusal("stream_options", "Only a stream has them; set stream to true.")
    return a_flag(given.get("include_usage"), "stream_options.include_usage")


def data_url(url: str) -> tuple[str, str] | None:
    """Media type (lower case, without parameters) and base64 text of a `data:` URL; None for any other URL."""
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:" or not head.endswith(";base64"):
        return None
    return head[5:].split(";")[0].lower(), data
