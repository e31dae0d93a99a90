"""Redaction: the last net under the rule that no secret is ever logged."""

from __future__ import annotations

import logging
import re

_TOKEN = re.compile(r"1r_(cs|ut|lt|pt|at)_[0-9A-Za-z]+")
_KEY = re.compile(r"\b(sk-|gsk_|xai-|AIza|AQ\.|sandbox-key-)[\w.-]{4,}")
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"']+")


def redact(text: str) -> str:
    """`text` with tokens, provider keys and query strings replaced."""
    text = _TOKEN.sub(r"1r_\1_***", text)
    text = _KEY.sub(r"\1***", text)
    return _QUERY.sub("?***", text)


class Redact(logging.Filter):
    """Rewrites every record's finished message; drops exception values, which can hold what a body held."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always passes the record on, redacted."""
        record.msg = redact(record.getMessage())
        record.args = ()
        if record.exc_info:
            error = record.exc_info[1]
            record.msg += f" ({trace_without_values(error)})" if error else ""
            record.exc_info = None
            record.exc_text = None
        return True


def trace_without_values(error: BaseException) -> str:
    """Class and places in the code of an exception, without its message: messages can carry what a body held."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' > '.join(places[-8:])}"
