"""Golden conversations: a YAML file that a desk worker can read, played through the engine, rendered for its channel.

A line in square brackets is a button under the message; `presses` names the one that the family touches.

`pytest --rewrite-transcripts` writes what is said now into the files; the difference is read as text.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from channels.base import Button, pressed
from channels.registry import RENDER
from flows import categories, form
from flows import state as states
from flows.answers import Answer
from flows.categories import categorise
from flows.desk import Desk
from flows.engine import start, step
from flows.events import (
    Answered,
    Channel,
    Childcare,
    ChildcareFound,
    Closed,
    Corrected,
    Effect,
    Event,
    FindChildcare,
    HandOver,
    Input,
    Prompt,
    QuestionDue,
    Register,
    Resumed,
    Say,
    StaffReleased,
    StaffTook,
    StaffWrote,
    Started,
    Text,
    Told,
    Unanswered,
)
from flows.form import Form
from flows.grammar.place import load_places
from flows.wording import Wording
from intake import informing
from locales import catalogue, languages
from storage.childcare import Place

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / "transcripts"
REFERENCES = ("48123673", "50000009", "61234562")


@cache
def the_form() -> Form:
    return form.load(ROOT / "flows/childcare.yaml", ROOT / "flows/messages.yaml")


@cache
def the_translations() -> Mapping[str, Mapping[str, str]]:
    found = catalogue.Catalogues(ROOT / "locales", the_form().sources, languages.load())
    return {language: each.texts for language, each in found.items()}


def make_desk(**changes: Any) -> Desk:
    """A desk in Gent that offers three languages."""
    settings: dict[str, Any] = {
        "rules": categories.load(),
        "words": languages.load(),
        "places": load_places(),
        "languages": ("nl", "fr", "en"),
        "home": frozenset({"9000", "9030", "9040", "9050", "9051"}),
        "translations": the_translations(),
        "page": "loket.example/gent",
    }
    return Desk(**{**settings, **changes})


@cache
def the_wording() -> Wording:
    return Wording(the_form(), the_translations(), languages.load(), load_places())


@dataclass
class Play:
    """One transcript while it is played."""

    script: Mapping[str, Any]
    desk: Desk
    state: states.State = field(init=False)
    now: datetime = field(init=False)
    effects: list[Effect] = field(default_factory=list)
    registered: dict[int, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    is_started: bool = False

    def __post_init__(self) -> None:
        self.now = datetime.fromisoformat(f"{self.script['today']}T10:00:00").replace(tzinfo=UTC)
        self.state = start(the_form(), self.desk, self.now)

    def turn(self, turn: Mapping[str, Any]) -> tuple[str, ...]:
        """What we say to one turn; the State goes through JSON."""
        if "later" in turn:
            self.now += timedelta(hours=float(turn["later"]))
            return ()
        event = self._event(turn)
        before = states.load(states.dump(self.state))
        self.state, effects = step(the_form(), before, event, self.desk)
        for wanted in (each for each in effects if isinstance(each, FindChildcare)):
            found = ChildcareFound(self.now, self._channel, wanted, self._childcare(wanted.place))
            self.state, more = step(the_form(), self.state, found, self.desk)
            effects += more
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Register) and effect.child:
                self.registered[effect.child] = effect.state.value
        self.now += timedelta(minutes=1)
        asked = (
            self._render((Prompt(f"phrase.{event.question}", (("name", turn["staff"]["of"]),)),))
            if (isinstance(event, StaffWrote) and event.question)
            else ()
        )
        said = (text for effect in effects if isinstance(effect, Say) for text in self._render(effect.prompts))
        return (*asked, *said)

    def _event(self, turn: Mapping[str, Any]) -> Event:
        if "family" in turn:
            return self._said(Text(str(turn["family"])))
        if "presses" in turn:
            return self._said(self._button(str(turn["presses"])))
        if "asks" in turn:  # months later, on our own account
            self.now += timedelta(days=float(turn.get("days_later", 0)))
            given = {each: str(turn[each]) for each in ("reference", "name") if each in turn}
            return QuestionDue(self.now, self._channel, turn["asks"], about="it", **given)
        if "silence" in turn:
            return Unanswered(self.now)
        match turn["staff"]:
            case "takes":
                return StaffTook(self.now)
            case "hands back":
                return StaffReleased(self.now)
            case "closes":
                return Closed(self.now)
            case "writes":
                return StaffWrote(self.now)
            case {"asks": question}:
                return StaffWrote(self.now, question, about="it")
            case {"corrects": key, "to": value, **rest}:
                return Corrected(self.now, key, value, int(rest.get("child", 0)) or None)
        raise ValueError(f"nobody knows what to do with {turn}")

    def _said(self, given: Input) -> Event:
        if not self.is_started:
            self.is_started = True
            again = self.script.get("has_open_request") == "yes"
            has_no_number = self._channel is Channel.TELEGRAM
            return Started(self.now, self._channel, given, has_open_request=again, is_hidden=has_no_number)
        if self.now - self._last_heard >= timedelta(hours=12):
            return Resumed(self._heard(), self._channel, given)
        return Answered(self._heard(), self._channel, given)

    def _button(self, label: str) -> Input:
        """The newest button with these words, however long ago it was shown."""
        return next(pressed(each.data) for each in reversed(self.buttons) if each.label == label)

    @property
    def _channel(self) -> Channel:
        return Channel(self.script["channel"])

    _last: datetime | None = None

    @property
    def _last_heard(self) -> datetime:
        return self._last or self.now

    def _heard(self) -> datetime:
        self._last = self.now
        return self.now

    def _render(self, prompts: tuple[Prompt, ...]) -> Iterator[str]:
        hours = informing.hours(str(self.script["hours"]), self.now) if "hours" in self.script else ""
        named = tuple(named_references(prompt, hours) for prompt in prompts)
        for body in RENDER[self._channel](named, self.state.language, the_wording()):
            self.buttons += body.buttons
            yield "\n".join((body.text, *(f"[{each.label}]" for each in body.buttons)))

    def _childcare(self, postcode: str) -> tuple[Childcare, ...]:
        """Of the desk's list, a line for each place: name; address; postcode; phone; price."""
        lines = (tuple(map(str.strip, line.split(";"))) for line in self.script.get("childcare", ()))
        rows = (Place(name, address, at, "", phone, "", price) for name, address, at, phone, price in lines)
        return informing.in_order(each for each in rows if each.postcode in load_places().alike(postcode))

    def outcome(self) -> dict[str, Any]:
        """What was registered and where the conversation stands, in the words of the transcript."""
        children = [
            {
                "state": how,
                "answers": {k: shown(v) for k, v in self.state.answers_of(child).items()},
                "categories": {
                    flag.value: {True: "yes", False: "no", None: "unknown"}[decision.value]
                    for flag, decision in categorise(
                        self.state.answers_of(child),
                        datetime.fromisoformat(self.state.asked_on).date(),
                        self.desk.rules,
                    ).items()
                },
            }
            for child, how in sorted(self.registered.items())
        ]
        handed_over = [effect.reason.value for effect in self.effects if isinstance(effect, HandOver)]
        others = [
            type(effect).__name__
            for effect in self.effects
            if type(effect).__name__ in ("Stop", "AskErasure", "NewFamily", "NotARequest")
        ]
        told = {effect.question: effect.value for effect in self.effects if isinstance(effect, Told)}
        return {
            "status": self.state.status.value,
            **({"told": told} if told else {}),
            "handed_over": handed_over,
            "asked_for": others,
            "ticket": "yes" if self.state.ticket else "no",
            "registered": children,
        }


def named_references(prompt: Prompt, hours: str = "") -> Prompt:
    """The place holders "@1 @2" become the references of these children, "@hours" the hours of the coming days."""
    values = tuple(
        (name, hours)
        if value == "@hours"
        else (
            name,
            " ".join(REFERENCES[int(each[1:]) - 1] for each in value.split()) if value.startswith("@") else value,
        )
        for name, value in prompt.values
    )
    return Prompt(prompt.key, values, prompt.choices, prompt.question)


def shown(value: Answer) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else value


def play(script: Mapping[str, Any]) -> dict[str, Any]:
    """The transcript as it goes today."""
    settings = dict.fromkeys(script.get("settings", ()), True)
    if "languages" in script:
        settings["languages"] = tuple(script["languages"])
    settings |= {"address": str(script.get("address", "")), "has_hours": "hours" in script}
    played = Play(script, make_desk(**settings))
    turns: list[dict[str, Any]] = []
    for turn in script["turns"]:
        if "us" in turn:
            continue
        turns.append(dict(turn))
        turns += [{"us": text} for text in played.turn(turn)]
    head = {key: value for key, value in script.items() if key not in ("turns", "outcome")}
    return {**head, "turns": turns, "outcome": played.outcome()}


class _Dumper(yaml.SafeDumper):
    pass


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def read(path: Path) -> dict[str, Any]:
    """All scalars as text: a bare `no` stays "no"."""
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))


def write(path: Path, script: Mapping[str, Any]) -> None:
    text = yaml.dump(dict(script), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    path.write_text(text, encoding="utf-8")
