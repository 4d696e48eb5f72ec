"""`understand` and `categorise` for other people's scripts: one JSON object in, one out."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from flows import categories
from flows.answers import Answer
from flows.grammar.understand import KINDS, context_on, understand
from locales import languages

_Line = TypeVar("_Line", bound=BaseModel)
_DATED = ("date", "date_birth", "date_start")
_YesNo = Literal["yes", "no", "unknown", "refused"] | None
_Days = Annotated[int, Field(ge=0, le=5, strict=True)] | Literal["unknown", "refused"]
_Open = Literal["unknown", "refused"]


class WrongLine(ValueError):
    """A line that cannot be used: one sentence that says what to mend."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: Any = None
    kind: str
    lang: str
    input: str
    reference: datetime | None = None

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"must be one of {', '.join(KINDS)}")
        return kind


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Any = None
    asked_on: date
    start: str | None = None
    urgent_reason: Literal["new_job", "course", "lost_childcare", "hard_time", "other"] | _Open | None = None
    extended: tuple[Literal["before_7", "after_18", "saturday", "sunday_holiday"], ...] | _Open | None = None
    work: Literal["work", "seeking", "training", "none"] | _Open | None = None
    work_days: Annotated[tuple[_Days, ...], Field(min_length=1, max_length=2)] | _Open | None = None
    partner: _YesNo = None
    income_low: _YesNo = None
    diploma: _YesNo = None
    care_situation: Literal["none", "health", "disability", "self_care", "help"] | _Open | None = None
    care_need: _YesNo = None
    foster: _YesNo = None
    sibling: _YesNo = None

    @field_validator("start")
    @classmethod
    def _is_a_start(cls, start: str | None) -> str | None:
        if start not in (None, "asap", "unknown", "refused"):
            try:
                date.fromisoformat(start if len(start) == 10 else f"{start}-01")
            except ValueError:
                raise ValueError('must be "asap", a month (2025-07) or a day (2025-07-15)') from None
        return start


def understand_line(line: str) -> str:
    """{"id", "kind", "lang", "input", "reference"} -> {"id", "value"}. Raises `WrongLine`."""
    said = _read(_Said, line)
    if said.reference is None and said.kind in _DATED:
        raise WrongLine(f"reference is missing: {said.kind} depends on the day of the message")
    language = said.lang.split("-")[0].lower()
    if language not in languages.load():
        language = "nl"  # nobody is spoken to in it; the phrases of every language we know are tried all the same
    day = said.reference.date() if said.reference else date(2026, 1, 1)
    value = understand(said.kind, said.input, context_on(day, language))
    return json.dumps({"id": said.id, "value": value}, ensure_ascii=False)


def categorise_line(line: str) -> str:
    """Answers -> every flag with its rule and what it rests on. Raises `WrongLine`."""
    given = _read(_Answers, line)
    said = given.model_dump(exclude={"id", "asked_on"}, exclude_none=True)
    decisions = categories.categorise(
        {key: _as_answer(value) for key, value in said.items()}, given.asked_on, categories.load()
    )
    return json.dumps(
        {
            "id": given.id,
            **{flag.value: decision.value for flag, decision in decisions.items()},
            "rules": {flag.value: decision.rule for flag, decision in decisions.items()},
            "because": {flag.value: list(decision.because) for flag, decision in decisions.items()},
        },
        ensure_ascii=False,
    )


def _as_answer(value: Any) -> Answer:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else str(value)


def _read(model: type[_Line], line: str) -> _Line:
    try:
        return model.model_validate(json.loads(line))
    except (json.JSONDecodeError, RecursionError):
        raise WrongLine("this is no JSON object") from None
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = str(first["loc"][0]) if first["loc"] else "the line"
        raise WrongLine(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
