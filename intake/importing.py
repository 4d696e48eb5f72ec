"""`import`: a list of requests from elsewhere, all of it or (where asked) its good rows. Twice changes nothing."""

import csv
import io
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from flows import state as states
from flows.engine.turn import local_day
from flows.grammar.phone import read_phone
from flows.state import VERSION, Child, State, Status
from intake import tables
from intake.installation import Installation
from intake.registers import COLUMNS, REQUIRED, Checks, Fault, Given, cells_of, checks, read, with_apostrophe
from intake.registration import birth_month, content, plain_name
from intake.said import Said, said
from intake.tables import WrongFile as WrongFile
from storage import desks, earlier, exports, imports, registrations, turns
from storage.database import Session
from storage.imports import Known, New, Sought
from storage.models import Registration

LARGEST = 200 * 1024 * 1024  # bytes
_ALIKE = json.JSONEncoder(sort_keys=True)
Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class FaultAt:
    line: int
    column: str
    said: Said

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.said}"


@dataclass(frozen=True, slots=True)
class Likely:
    """A new row that may be a request we have: of the same number, or else with the same name; the age fits."""

    line: int
    reference: str
    same_number: bool


@dataclass(frozen=True, slots=True)
class Differs:
    """A request we have of which a row says something else."""

    line: int
    reference: str
    columns: tuple[str, ...]


@dataclass
class Result:
    """What an import did, or would do. `bad`: the rows that are not taken, as they came."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    faults: list[FaultAt] = field(default_factory=list)
    bad: list[Mapping[str, str]] = field(default_factory=list)
    likely: list[Likely] = field(default_factory=list)
    differs: list[Differs] = field(default_factory=list)
    columns: tuple[str, ...] = ()

    @property
    def bad_file(self) -> str:
        """The rows that were not taken, to mend and to send again."""
        out = io.StringIO()
        writer = csv.DictWriter(out, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: with_apostrophe(cell) for name, cell in row.items()} for row in self.bad)
        return out.getvalue()


def table(sent: bytes) -> tuple[tuple[str, ...], list[tables.Row]]:
    """The columns, and each row with its line. Raises `WrongFile`."""
    if sent.startswith(tables.WORKBOOK):
        raise WrongFile("this is a workbook: save it as CSV in UTF-8 first")
    return tables.read_csv(sent, partial(tables.checked, known=COLUMNS, required=REQUIRED))


def run(
    session: Session, here: Installation, sent: bytes, now: datetime, *, take_good: bool = False,
    leave_likely: bool = False, may_write: bool = True, desk_ids: frozenset[str] | None = None,
    done: Progress = lambda many: None,
) -> Result:  # fmt: skip
    """Nothing is written when a row is wrong, unless `take_good`. Raises `WrongFile`.

    `leave_likely`: rows that may be a request we have come back with the wrong ones; `desk_ids`: of these desks alone;
    `done` is told of each row twice, when it is read and when it is settled.
    """
    columns, rows = table(sent)
    many = len(rows)
    result = Result(many, columns=columns)
    slugs = {desk.slug: desk.id for desk in desks.everything(session) if desk_ids is None or desk.id in desk_ids}
    given = _read(rows, result, checks(local_day(now), frozenset(slugs), here.words), local_day(now), done)
    del rows  # as much again as all that follows
    writer = _Writer(session, here, slugs, imports.known(session), now)
    fresh = list(writer.sort(given, result))
    found = imports.likely(session, here.keys, [_sought(each.given, slugs) for each in fresh])
    for place, (reference, same_number) in found.items():
        result.likely.append(Likely(fresh[place].line, reference, same_number))
    if leave_likely:
        result.bad += [dict(fresh[place].given.cells) for place in found]
        fresh = [each for place, each in enumerate(fresh) if place not in found]
        result.added = len(fresh)
    done(many - len(fresh))
    if may_write and (take_good or not result.faults):
        turns.keep_form(session, here.form.hash, here.form.text)
        imports.add(session, here.keys, map(writer.new, fresh), now, done)
        for registration_id, changed in writer.changes:
            writer.change(registration_id, changed)
        session.flush()
    return result


def keep_one(session: Session, here: Installation, cells: Mapping[str, str], now: datetime) -> str:
    """One row that came some other way; its reference. Raises `Fault` for a cell that is wrong."""
    slugs, today = {desk.slug: desk.id for desk in desks.everything(session)}, local_day(now)
    reference = registrations.free_reference(session, secrets.randbelow)
    found, faults = read({**cells, "reference": reference}, checks(today, frozenset(slugs), here.words), today)
    if found is None:
        raise Fault(faults[0][1].sentence, **faults[0][1].values)
    turns.keep_form(session, here.form.hash, here.form.text)
    writer = _Writer(session, here, slugs, Known({}, {}, {}, {}), now)
    imports.add(session, here.keys, [writer.new(writer.fresh(0, found))], now, lambda many: None)
    session.flush()
    return reference


def _read(
    rows: list[tuple[int, dict[str, str]]], result: Result, allowed: Checks, today: date, done: Progress
) -> list[tuple[int, Given]]:
    """The rows that say something, each with its line; what is wrong with the others goes to `result`."""
    given: list[tuple[int, Given]] = []
    seen: dict[tuple[str, ...], int] = {}
    for count, (line, raw) in enumerate(rows, 1):
        faults = tables.shape(raw)
        found = None
        if not faults:
            found, faults = read(raw, allowed, today)
        if found is not None:
            faults = _twice(found, line, seen)
        if faults or found is None:
            result.faults += [FaultAt(line, column, said) for column, said in faults]
            result.bad.append({name: raw.get(name) or "" for name in result.columns})
        else:
            given.append((line, found))
        if count % 100 == 0:
            done(100)
    done(len(rows) % 100)
    return given


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A new row, and by what it will be known. What is kept of it is made when it is written: it is large."""

    line: int
    given: Given
    reference: str
    alike: str


class _Writer:
    """Tells new rows from known ones."""

    def __init__(
        self, session: Session, here: Installation, slugs: Mapping[str, str], known: Known, now: datetime
    ) -> None:  # fmt: skip
        self._session, self._here, self._slugs, self._known, self._now = session, here, slugs, known, now
        self._names = {id_: slug for slug, id_ in slugs.items()}
        self._urgent_days: dict[str, int] = {}
        self.changes: list[tuple[str, Given]] = []

    def sort(self, given: list[tuple[int, Given]], result: Result) -> Iterator[_Fresh]:
        """The new ones; what changed goes to `changes`."""
        for line, each in given:
            id_ = self._find(each)
            if id_ is None:
                result.added += 1
                yield self.fresh(line, each)
                continue
            if not id_ or self._known.told.get(id_) == self._alike(each):
                result.same += 1  # whatever staff changed since: this says nothing new
                continue
            row = imports.row_of(self._session, id_)
            if row.desk_id != self._slugs[each.desk]:
                result.faults.append(
                    FaultAt(line, "reference", said("this is the number of a request at another desk"))
                )
                result.bad.append(dict(each.cells))
            elif columns := self._differs(row, each):
                result.changed += 1
                result.differs.append(Differs(line, row.reference, columns))
                self.changes.append((id_, each))
            else:
                result.same += 1

    def _find(self, each: Given) -> str | None:
        """The id of the request that this row is; "" when an earlier row of this very file is it; None: a new one."""
        external, reference = each.get("external_reference"), each.get("reference")
        if external and (found := self._known.external.get((self._slugs[each.desk], external))) is not None:
            return found
        if reference:
            return self._known.references.get(reference)
        return None if external else self._known.alike.get(self._alike(each))

    def _alike(self, each: Given) -> str:
        told = {name: value for name, value in each.cells.items() if value}
        return self._here.keys.blind("alike", _ALIKE.encode(told))

    def _differs(self, row: Registration, each: Given) -> tuple[str, ...]:
        """The columns that say something else; what is left empty says nothing."""
        keys = self._here.keys
        opened = exports.with_address(self._session, keys, registrations.opened(self._session, keys, row))
        now = cells_of(opened, each.desk)
        return tuple(name for name, value in each.cells.items() if value and name in now and value != now[name])

    def fresh(self, line: int, each: Given) -> _Fresh:
        """From here on another row that says the same is this one."""
        found = _Fresh(line, each, each.get("reference") or self._free(), self._alike(each))
        self._known.references[found.reference] = self._known.alike[found.alike] = ""
        return found

    def new(self, row: _Fresh) -> New:
        each, desk_id = row.given, self._slugs[row.given.desk]
        answers = _answers(each)
        found = content("complete", answers, each.asked_on, self._here.rules, self._days(desk_id))
        told = {flag: value for flag, value in each.flags.items() if each.get(flag)}
        rules = {flag: None if flag in told else rule for flag, rule in found.rules.items()}
        return New(
            desk_id=desk_id, reference=row.reference, external_reference=each.get("external_reference"),
            source=each.get("source") or "desk", counted_in=each.get("counted_in") or "here",
            channel=each.get("channel") or "desk", language=each.get("language"),
            phone=_phone(each),
            content=replace(found, flags={**found.flags, **told}, rules=rules),
            state=states.dump(_state(self._here.form.hash, each, answers)), form=self._here.form.hash, alike=row.alike,
            outcome=each.outcome,
        )  # fmt: skip

    def _free(self) -> str:
        while True:
            proposed = registrations.new_reference(secrets.randbelow)
            if proposed not in self._known.references:
                return proposed

    def _days(self, desk_id: str) -> int:
        if desk_id not in self._urgent_days:
            _, chosen = self._here.desk(self._session, desk_id)
            self._urgent_days[desk_id] = chosen.urgent_days
        return self._urgent_days[desk_id]

    def change(self, registration_id: str, each: Given) -> None:
        """Put what the row says in the place of what was kept."""
        keys, session = self._here.keys, self._session
        row = imports.row_of(session, registration_id)
        before = registrations.opened(session, keys, row)
        kept = {
            key: tuple(value) if isinstance(value, list) else value for key, value in json.loads(before.answers).items()
        }
        answers = {**kept, **_answers(each)}
        made = content("complete", answers, each.asked_on, self._here.rules, self._days(row.desk_id))
        with earlier.noted(session, row, self._now):
            registrations.rewrite(session, keys, row, made)
            for name in ("external_reference", "source", "counted_in", "channel", "language"):
                setattr(row, name, each.get(name) or getattr(row, name))
            row.alike, row.updated_at = self._alike(each), self._now
        session.add(row)
        for flag, value in each.flags.items():
            if each.get(flag) and before.flag(flag) != value:
                registrations.override(session, keys, row, flag, value, self._now)
        outcome = before.outcome
        if each.outcome and each.outcome != ((outcome.code, outcome.reason, outcome.since) if outcome else None):
            registrations.set_outcome(session, keys, row, *each.outcome, None, self._now)


def _sought(each: Given, slugs: Mapping[str, str]) -> Sought:
    name = plain_name(f"text:{each.get('child_first_name')}")
    return Sought(slugs[each.desk], _phone(each), name, birth_month(each.get("birth")))


def _phone(each: Given) -> str:
    contact = each.get("contact")
    return contact if read_phone(contact) == contact else ""


def _answers(each: Given) -> dict[str, str | tuple[str, ...]]:
    """The row as the answers of a conversation, in its words."""
    found: dict[str, str | tuple[str, ...]] = {"purpose": "own"}
    for name, key in (("language", "language"), ("birth", "birth"), ("postcode", "place"), ("start", "start"),
                      ("contact", "contact_number")):  # fmt: skip
        if value := each.get(name):
            found[key] = value
    if name := each.get("child_first_name"):
        found["child_first_name"] = f"text:{name}"
    if days := each.get("days"):
        found["days"] = days if days == "any" else tuple(days.split())
    return found


_OF_THE_CHILD = ("birth", "start", "days", "child_first_name")


def _state(form: str, each: Given, answers: Mapping[str, str | tuple[str, ...]]) -> State:
    child = {key: value for key, value in answers.items() if key in _OF_THE_CHILD}
    family = {key: value for key, value in answers.items() if key not in child}
    return State(
        version=VERSION, form=form, language=each.get("language") or "nl", status=Status.CLOSED,
        asked_on=each.asked_on.isoformat(), family=family, done=True,
        children=(Child(id=1, answers=child, registered="complete"),),
    )  # fmt: skip


def _twice(each: Given, line: int, seen: dict[tuple[str, ...], int]) -> list[tuple[str, Said]]:
    for column, key in (("external_reference", (each.desk, each.get("external_reference"))),
                        ("reference", (each.get("reference"),))):  # fmt: skip
        if key[-1]:
            first = seen.setdefault((column, *key), line)
            if first != line:
                return [(column, said("the same as on line %(line)s", line=first))]
    return []
