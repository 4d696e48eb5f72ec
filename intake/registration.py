"""From a conversation's answers to what is kept of one request."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from flows.answers import Answer, Flag, is_known
from flows.categories import Decision, Rules, categorise
from storage.registrations import Content

_ANSWERS = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


def content(state: str, answers: Mapping[str, Answer], asked_on: date, rules: Rules, urgent_days: int) -> Content:
    """`state`: ticket, draft or complete. In clear stand only what a report must count; the rest is sealed."""
    because, used, flags = _decided(*categorise(answers, asked_on, rules, urgent_days=urgent_days).items())
    birth = birth_month(answers.get("birth"))
    return Content(
        state=state,
        answers=_ANSWERS.encode(answers),
        because=because,
        rules=used,
        rules_hash=rules.hash,
        flags=flags,
        asked_on=asked_on,
        start=_clear(answers.get("start")),
        postcode=_clear(answers.get("place")),
        birth_quarter=f"{birth[:4]}-Q{(int(birth[5:7]) + 2) // 3}" if birth else "",
        birth_month=birth,
        name=plain_name(answers.get("parent_name")) or plain_name(answers.get("child_first_name")),
    )


@lru_cache(maxsize=1024)
def _decided(
    *decisions: tuple[Flag, Decision],
) -> tuple[str, Mapping[str, str | None], Mapping[str, bool | None]]:
    """Why as JSON, by which rules, and what: few decisions are different in all three."""
    because = json.dumps({flag.value: decision.because for flag, decision in decisions})
    used = MappingProxyType({flag.value: decision.rule for flag, decision in decisions})
    return because, used, MappingProxyType({flag.value: decision.value for flag, decision in decisions})


def _clear(answer: Answer | None) -> str:
    return answer if isinstance(answer, str) and is_known(answer) else ""


def plain_name(answer: object) -> str:
    """A name in our letters, small and without marks; "" where there is none in words."""
    if not isinstance(answer, str) or not answer.startswith("text:"):
        return ""
    from anyascii import anyascii  # tables of every alphabet: only a name needs them

    return " ".join(anyascii(answer.removeprefix("text:")).lower().split())


def birth_month(answer: Answer | None) -> str:
    """ "2026-02" of a known, estimated or expected birth, "" otherwise."""
    month = _clear(answer).removeprefix("due:").removeprefix("~")[:7]
    return month if len(month) == 7 and month[:4].isdigit() else ""
