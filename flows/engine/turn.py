"""One step at work: the State as it becomes, and what is to be done so far."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.answers import Answer
from flows.desk import Desk
from flows.events import Channel, Count, Effect, Prompt, Say
from flows.form import Form, Question
from flows.grammar import Context
from flows.state import FAMILY, Child, State

BRUSSELS = ZoneInfo("Europe/Brussels")


def local_day(at: datetime) -> date:
    """The day it is where the families live."""
    return at.astimezone(BRUSSELS).date()


class Turn:
    """State and effects of one step. Lives for one call of `step`; nothing outside the engine sees it."""

    def __init__(self, form: Form, state: State, desk: Desk, at: datetime, channel: Channel | None = None) -> None:
        self.form, self.state, self.desk = form, state, desk
        self.is_call = channel is Channel.VOICE
        self.is_chat = channel in (Channel.WHATSAPP, Channel.TELEGRAM)
        self.today = local_day(at)
        self._effects: list[Effect] = []
        self._prompts: list[Prompt] = []
        self._kept = {child.id: state.answers_of(child.id) for child in state.children}

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What was asked for, in order; what is said comes last, because it may name what was registered."""
        said = (Say(tuple(self._prompts)),) if self._prompts else ()
        return (*self._effects, *said)

    @property
    def context(self) -> Context:
        """What reading an answer depends on."""
        desk = self.desk
        return Context(desk.words, desk.places, self.state.language, self.today, desk.home, desk.languages)

    @property
    def by(self) -> str:
        """The day before which a person answers."""
        return (self.today + timedelta(days=self.desk.promise_days)).isoformat()

    @property
    def asked_on(self) -> date:
        return date.fromisoformat(self.state.asked_on)

    def set(self, **changes: object) -> None:
        state = self.state
        if any(getattr(state, name) != value for name, value in changes.items()):  # mostly all is so already
            self.state = state.model_copy(update=changes)

    def do(self, *effects: Effect) -> None:
        self._effects.extend(effects)

    def say(self, key: str, **values: str) -> None:
        self._prompts.append(Prompt(key, tuple(values.items())))

    def ask(self, prompt: Prompt) -> None:
        self._prompts.append(prompt)

    def count(self, key: str, event: str) -> None:
        self.do(Count(key, event))

    # --- answers ---------------------------------------------------------------------------------------------------

    def answer(self, key: str, child: int = 0) -> Answer | None:
        own = self.state.children[child - 1].answers.get(key) if child else None
        return self.state.family.get(key) if own is None else own

    def fill(self, question: Question, child: int, value: Answer) -> None:
        """Keep an answer. It can be taken back with `back`."""
        scope = self._put(question, child, value)
        entry = (scope, question.id)
        self.set(path=(*(each for each in self.state.path if each != entry), entry))

    def correct(self, question: Question, child: int, value: Answer) -> None:
        """Keep an answer that staff gave; `back` leaves it alone."""
        self._put(question, child, value)

    def forget(self, key: str, child: int) -> None:
        """Take an answer away, wherever it stands."""
        self.set(family={k: v for k, v in self.state.family.items() if k != key})
        if child:
            self._set_child(child, {k: v for k, v in self._child(child).answers.items() if k != key})

    def mark(self, child: int, registered: str) -> None:
        kept = self._child(child).model_copy(update={"registered": registered})
        self.set(children=tuple(kept if each.id == child else each for each in self.state.children))

    def add_child(self) -> None:
        self.set(children=(*self.state.children, Child(id=len(self.state.children) + 1)))

    def has_changed(self, child: int) -> bool:
        """Whether the answers about this child differ from those at the beginning of the step."""
        return self._kept.get(child) != self.state.answers_of(child)

    def _put(self, question: Question, child: int, value: Answer) -> str:
        if question.scope == FAMILY:
            self.set(family={**self.state.family, question.id: value})
            return FAMILY
        self._set_child(child, {**self._child(child).answers, question.id: value})
        return str(child)

    def _child(self, child: int) -> Child:
        return self.state.children[child - 1]

    def _set_child(self, child: int, answers: dict[str, Answer]) -> None:
        kept = self._child(child).model_copy(update={"answers": answers})
        self.set(children=tuple(kept if each.id == child else each for each in self.state.children))
