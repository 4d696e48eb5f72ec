"""The shape of what we ask: `childcare.yaml` (questions) and `messages.yaml` (every other text), checked on loading.

Terms follow VoiceXML 2.0 (form, prompt, no-match) and XLSForm (`relevant`). A form is known by the hash of both
files, so that an open conversation goes on with the texts it began with.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from flows.answers import Kind
from flows.events import Choice
from locales import yamlfile

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"^[a-z_]+$")
_SEPARATOR = "\n--- messages\n"

NEEDS_OPTIONS = {Kind.CHOICE, Kind.SEVERAL}
YES_NO = (("1", "yes"), ("2", "no"))
CLOSING = "another_child"  # the question after which a request is finished or another child begins


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def placeholders(text: str) -> tuple[str, ...]:
    """The names between braces, in order of appearance."""
    return tuple(_PLACEHOLDER.findall(text))


def check_text(text: str) -> str:
    """A family text: something to say, plain names between braces, no mark-up."""
    if not text.strip():
        raise ValueError("a text may not be empty")
    if "<" in text or ">" in text:
        raise ValueError("a text may not hold < or >")
    for name in placeholders(text):
        if not _NAME.match(name):
            raise ValueError(f"{{{name}}} is not a placeholder: a name in small letters")
    if "{" in _PLACEHOLDER.sub("", text) or "}" in _PLACEHOLDER.sub("", text):
        raise ValueError("a brace that belongs to no placeholder")
    return text


FamilyText = Annotated[str, Field(max_length=1600)]


class Relevant(Strict):
    """When a question is asked: all of the conditions that are given hold."""

    answers: dict[Key, tuple[str, ...]] = {}  # an earlier answer is one of these
    start_within_days: int | None = None  # the wanted start is at most so many days away, or unknown
    born: bool = False  # the child is born
    setting: Literal["days_asked"] | None = None  # the desk switched it on
    told: bool = False  # it leads to names and numbers: on the phone only where a voice can say them
    matters: bool = False  # the answer can still change a flag of this child (the stop rule)


class Option(Strict):
    id: Key
    text: FamilyText
    number: Annotated[str, Field(pattern=r"^[1-9]$")] | None = None  # default: its place in the list
    plain: Literal["yes", "no"] | None = None  # a plain yes or no chooses it too
    meaning: int = 1  # see `Question`
    voice: FamilyText | None = None

    _text = field_validator("text")(check_text)


class Question(Strict):
    """One question. `text` is the Dutch that is written; `voice` the Dutch that is spoken."""

    id: Key
    scope: Literal["family", "child"] = "family"
    part: Annotated[int, Field(ge=1, le=3)] = 1
    kind: Kind
    text: FamilyText
    voice: FamilyText | None = None
    example: FamilyText  # the question said in another way, with an example: the second rung of the repair ladder
    label: FamilyText  # two or three words for it, for the list of what can be changed and for the desk
    helping: FamilyText | None = None  # the text when somebody asks for another family
    keyed: dict[Key, FamilyText] = {}  # said between the keys of an answer that takes several (engine/keying.py)
    context: str  # a line for translators
    options: tuple[Option, ...] = ()
    relevant: Relevant = Relevant()
    agreement: bool = False  # asks an agreement: never asked in another language than a translated one
    sensitive: bool = False  # never written back
    required: bool = False  # "I don't know" is no answer here
    segments: int = 1  # a written exception where the content does not fit one GSM-7 segment
    exception: str = ""  # why
    meaning: int = 1  # one more when the Dutch comes to mean something else: older translations are withdrawn

    _texts = field_validator("text", "voice", "example", "label", "helping")(
        lambda text: text if text is None else check_text(text)
    )

    @model_validator(mode="after")
    def _options_fit_the_kind(self) -> "Question":
        if self.kind in NEEDS_OPTIONS and len(self.options) < 2:
            raise ValueError(f"{self.id}: a {self.kind} needs at least two options")
        ids, numbers = [o.id for o in self.options], [c.number for c in self.choices]
        if len(set(ids)) != len(ids) or len(set(numbers)) != len(numbers):
            raise ValueError(f"{self.id}: an option or its number stands twice")
        plain = [option.plain for option in self.options if option.plain]
        if len(set(plain)) != len(plain):
            raise ValueError(f"{self.id}: a plain {plain[0]} can choose one option only")
        if self.segments > 1 and not self.exception:
            raise ValueError(f"{self.id}: more than one segment needs its reason in `exception`")
        return self

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """What is offered, with the number to send."""
        if self.kind is Kind.YES_NO and not self.options:
            return tuple(Choice(number, id_) for number, id_ in YES_NO)
        return tuple(Choice(option.number or str(place), option.id) for place, option in enumerate(self.options, 1))


class Questions(Strict):
    """`childcare.yaml`."""

    questions: tuple[Question, ...]
    asides: tuple[Question, ...]  # asked when something happens (a long silence, a change), not in the order

    @model_validator(mode="after")
    def _guards_look_back(self) -> "Questions":
        seen: dict[str, Question] = {}
        for question in (*self.questions, *self.asides):
            if question.id in seen:
                raise ValueError(f"question id used twice: {question.id}")
            for key, values in question.relevant.answers.items():
                if key not in seen:
                    raise ValueError(f"{question.id}: `relevant` must name an earlier question, not {key}")
                _check_values(question, seen[key], values)
            seen[question.id] = question
        if not self.questions or self.questions[-1].id != CLOSING:
            raise ValueError(f"the last question must be {CLOSING}: a form without it never ends in a goodbye")
        return self


def _check_values(question: Question, earlier: Question, values: tuple[str, ...]) -> None:
    possible = {choice.id for choice in earlier.choices}
    wrong = [value for value in values if possible and value not in possible]
    if wrong:
        raise ValueError(f"{question.id}: `relevant` names {wrong[0]}, which {earlier.id} does not offer")


class Message(Strict):
    """A text a family can receive that is no question."""

    text: FamilyText
    several: FamilyText | None = None  # the text when `count` names more than one
    count: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None  # the placeholder whose words are counted
    voice: FamilyText | None = None
    context: str
    agreement: bool = False
    only_dutch: bool = False  # stays Dutch in every language
    spoken: bool = False  # is only said on the phone, never written
    desk: str = ""  # for a phrase that staff choose: when to use it
    segments: int = 1
    exception: str = ""
    meaning: int = 1  # see `Question`

    _texts = field_validator("text", "several")(lambda text: text if text is None else check_text(text))

    @model_validator(mode="after")
    def _counts_what_it_says(self) -> "Message":
        if (self.several is None) != (self.count is None):
            raise ValueError("`several` and `count` stand together")
        if self.count is not None and self.count not in placeholders(self.text):
            raise ValueError(f"`count` names {{{self.count}}}, which the text does not hold")
        return self


class Messages(Strict):
    """`messages.yaml`."""

    messages: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")], Message]

    @field_validator("messages")
    @classmethod
    def _exceptions_are_explained(cls, messages: dict[str, Message], _info: ValidationInfo) -> dict[str, Message]:
        for key, message in messages.items():
            if message.segments > 1 and not message.exception:
                raise ValueError(f"{key}: more than one segment needs its reason in `exception`")
        return messages


class SourceText(Strict):
    """One Dutch text, as a translator sees it."""

    key: str
    text: str
    context: str
    agreement: bool = False
    several: str = ""  # the Dutch for more than one; "" where nothing is counted
    meaning: int = 1


class Form:
    """The questions and texts of one version."""

    def __init__(self, questions: Questions, messages: Messages, text: str) -> None:
        self.text = text
        self.hash = hashlib.sha256(text.encode()).hexdigest()
        self.questions = questions.questions
        self.asides = questions.asides
        self.messages = messages.messages
        self._by_id = {question.id: question for question in (*self.questions, *self.asides)}

    def question(self, key: str) -> Question:
        return self._by_id[key]

    def knows(self, key: str) -> bool:
        """Whether there is such a question: a conversation may have begun with an older form."""
        return key in self._by_id

    @cached_property
    def dutch(self) -> dict[str, str]:
        """The Dutch of every key, also of texts that stay Dutch and of the labels that the desk reads."""
        stay = {key: message.text for key, message in self.messages.items() if message.only_dutch}
        labels = {f"{question.id}.label": question.label for question in self._by_id.values()}
        several = {f"{key}.other": source.several for key, source in self.sources.items() if source.several}
        return {key: source.text for key, source in self.sources.items()} | several | stay | labels

    @cached_property
    def counts(self) -> dict[str, str]:
        """Texts that depend on how many there are: key -> the placeholder whose words are counted."""
        return {key: message.count for key, message in self.messages.items() if message.count}

    @cached_property
    def texts_of(self) -> dict[str, tuple[str, ...]]:
        """Question -> the keys of everything that is said when it is asked."""
        return {
            question: tuple(key for key in self.sources if key == question or key.startswith(f"{question}."))
            for question in self._by_id
        }

    @cached_property
    def sources(self) -> dict[str, SourceText]:
        """Every Dutch text to translate, by its key: `birth`, `birth.voice`, `start.asap`, `receipt` …"""
        found = {source.key: source for question in self._by_id.values() for source in _of_question(question)}
        for key, message in self.messages.items():
            if message.only_dutch:
                continue
            found[key] = SourceText(
                key=key, text=message.text, context=message.context, agreement=message.agreement,
                several=message.several or "", meaning=message.meaning,
            )  # fmt: skip
            if message.voice:
                found[f"{key}.voice"] = SourceText(
                    key=f"{key}.voice", text=message.voice, context=message.context, meaning=message.meaning
                )
        return found


def _of_question(question: Question) -> Iterator[SourceText]:
    parts = {
        "": question.text,
        ".voice": question.voice,
        ".example": question.example,
        ".helping": question.helping,
    } | {f".{part}.voice": text for part, text in question.keyed.items()}
    for suffix, text in parts.items():
        if text:
            yield SourceText(
                key=question.id + suffix, text=text, context=question.context, agreement=question.agreement,
                meaning=question.meaning,
            )  # fmt: skip
    for option in question.options:
        for suffix, text in (("", option.text), (".voice", option.voice)):
            if text:
                key = f"{question.id}.{option.id}{suffix}"
                yield SourceText(
                    key=key, text=text, context=f"Answer to: {question.text}", agreement=question.agreement,
                    meaning=option.meaning,
                )  # fmt: skip


def load(questions: Path, messages: Path) -> Form:
    """The form in these two files. Raises `locales.yamlfile.YamlProblem` with file, line and key."""
    return _form(
        questions.read_text(encoding="utf-8"), messages.read_text(encoding="utf-8"), questions.name, messages.name
    )


def parse(text: str) -> Form:
    """A form as it was stored (`Form.text`)."""
    first, _, second = text.partition(_SEPARATOR)
    return _form(first, second, "childcare.yaml", "messages.yaml")


def _form(first: str, second: str, first_name: str, second_name: str) -> Form:
    questions = yamlfile.parse(first, Questions, first_name)
    messages = yamlfile.parse(second, Messages, second_name)
    return Form(questions, messages, first + _SEPARATOR + second)
