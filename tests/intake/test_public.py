"""Public counts under attack: whoever has the table and a computer learns no small number from it (P: section 6)."""

import json
from datetime import timedelta
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from intake import public, publishing
from intake.installation import Installation
from intake.public import TooSmall, protect
from intake.reports import COLUMNS, Wanted, WrongReport
from storage import desks, erasure
from storage.database import Database, Session
from storage.models import Registration
from tests.intake.test_reports import NOW, filled

__all__ = ["filled"]  # the fixture
FLAGS = ("urgent", "extended", "priority", "vulnerable", "care_need")
PARTS = ("unanswered", "open_start_to_come", "open_start_passed", "unreachable")
NUMBERS = st.one_of(st.integers(0, 12), st.integers(0, 400))


@st.composite
def tables(draw: st.DrawFn) -> dict[str, dict[str, int | None]]:
    """A table as requests make it: each has one part or the rest, and each category a yes, a no or an unknown."""
    sizes = {part: draw(NUMBERS) for part in (*PARTS, "rest")}
    everybody = sum(sizes.values())
    table: dict[str, dict[str, int | None]] = {
        "all": {"unique": everybody, "flag_unknown": 0, **{p: sizes[p] for p in PARTS}}
    }
    for flag in FLAGS:
        mine = {part: draw(st.integers(0, size)) for part, size in sizes.items()}
        yes = sum(mine.values())
        table[flag] = {
            "unique": yes,
            "flag_unknown": draw(st.integers(0, everybody - yes)),
            **{p: mine[p] for p in PARTS},
        }
    return table


def attack(table: dict[str, dict[str, int | None]], hidden: set[str], what: dict[tuple[str, str], float]) -> float:
    """How wide the interval is in which a sum of counts must lie: written apart from the code that hides."""
    cells = [(row, column) for row in table for column in (*PARTS, "rest", "unknown", "no")]
    at = {cell: place for place, cell in enumerate(cells)}

    def vector(**parts: float) -> Any:
        return numpy.zeros(len(cells))

    def whole(row: str) -> Any:
        found = vector()
        for part in (*PARTS, "rest"):
            found[at[row, part]] = 1
        return found

    def count(row: str, column: str) -> Any:
        if column == "unique":
            return whole(row)
        found = vector()
        found[at[row, "unknown" if column == "flag_unknown" else column]] = 1
        return found

    equal, values, below = [], [], []
    for row in table:
        for column in COLUMNS:
            if f"{row}.{column}" not in hidden and not (row == "all" and column == "flag_unknown"):
                equal.append(count(row, column))
                values.append(table[row][column])
        if row != "all":
            line = whole(row) - whole("all")
            line[at[row, "unknown"]] = line[at[row, "no"]] = 1
            equal.append(line)
            values.append(0)
            for part in (*PARTS, "rest"):
                line = vector()
                line[at[row, part]], line[at["all", part]] = 1, -1
                below.append(line)
    goal = vector()
    for (row, column), weight in what.items():
        goal += weight * (count(row, column) if column in COLUMNS else _one(at, row, column, len(cells)))
    ends = [
        linprog(sign * goal, A_eq=equal, b_eq=values, A_ub=below, b_ub=numpy.zeros(len(below)), bounds=(0, None))
        for sign in (1, -1)
    ]
    if any(end.status == 3 for end in ends):
        return float("inf")
    assert all(end.status == 0 for end in ends)
    return float(-ends[1].fun - ends[0].fun)


def _one(at: dict[tuple[str, str], int], row: str, column: str, size: int) -> Any:
    found = numpy.zeros(size)
    found[at[row, column]] = 1
    return found


@given(tables(), st.sampled_from([5, 7, 10]))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_small_count_can_be_told_from_what_is_published(
    table: dict[str, dict[str, int | None]], threshold: int
) -> None:
    try:
        hidden = {str(cell) for cell in protect(table, threshold, parts_are_disjoint=True)}
    except TooSmall:
        return
    for row, columns in table.items():
        for column, count in columns.items():
            if 0 < (count or 0) < threshold and not (row == "all" and column == "flag_unknown"):
                assert f"{row}.{column}" in hidden
                assert attack(table, hidden, {(row, column): 1}) >= threshold - 1e-6, (row, column)
        rest = (columns["unique"] or 0) - sum(columns[part] or 0 for part in PARTS)
        if 0 < rest < threshold:
            assert attack(table, hidden, {(row, "rest"): 1}) >= threshold - 1e-6, (row, "rest")


def large(**changes: int) -> dict[str, dict[str, int | None]]:
    row: dict[str, int | None] = {"unique": 100, "unanswered": 40, "open_start_to_come": 20, "open_start_passed": 15,
                                  "unreachable": 10, "flag_unknown": 0}  # fmt: skip
    half = {column: (value or 0) // 2 for column, value in row.items()} | {"flag_unknown": 10}
    return {"all": dict(row), **{flag: dict(half) for flag in FLAGS}, "urgent": {**half, **changes}}


def test_where_nothing_is_small_nothing_is_hidden() -> None:
    assert protect(large(), 5, parts_are_disjoint=True) == frozenset()


def test_one_small_count_takes_another_along() -> None:
    nearly_all = {"unanswered": 25, "open_start_to_come": 12, "open_start_passed": 9}  # of the fifty urgent ones
    hidden = {str(cell) for cell in protect(large(unreachable=3, **nearly_all), 5, parts_are_disjoint=True)}
    assert "urgent.unreachable" in hidden and len(hidden) > 1


def test_a_threshold_can_only_be_raised() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        protect(large(), 4, parts_are_disjoint=True)


def test_too_little_is_not_published() -> None:
    with pytest.raises(TooSmall, match="fewer than 10"):
        protect({row: dict.fromkeys(COLUMNS, 0) for row in ("all", *FLAGS)}, 5, parts_are_disjoint=True)


def test_what_was_published_stays_as_it_was_and_nothing_beside_it(filled: Database, here: Installation) -> None:
    many(filled, here)

    def publish(session: Session, **more: Any) -> Any:
        every = frozenset(desk.id for desk in desks.everything(session))
        return publishing.publish(session, here, Wanted(2025, **more), NOW + timedelta(days=1), every, 5).as_json()

    first = filled.write(lambda session: publish(session, desk="gent")).result()
    assert first["measures"][0]["unique"] == 48 and first["suppressed"]
    assert all(
        row[column] is None
        for row in first["measures"]
        for column in COLUMNS
        if f"{row['measure']}.{column}" in first["suppressed"]
    )
    with filled.read() as session:
        family = session.exec(sqlmodel_select_family()).first()
    filled.write(lambda session: erasure.erase(session, str(family), NOW)).result()
    assert filled.write(lambda session: publish(session, desk="gent")).result() == first
    for more in ({"desk": "gent", "definition": "bruto"}, {"desk": None}, {"desk": "gent", "as_of": NOW.date()},
                 {"desk": "aalst"}):  # fmt: skip
        with pytest.raises(WrongReport):
            filled.write(lambda session, more=more: publish(session, **more)).result()
    with pytest.raises(WrongReport, match="not over"):
        filled.write(lambda session: publishing.publish(session, here, Wanted(2026), NOW, frozenset(), 5)).result()


def sqlmodel_select_family() -> Any:
    from sqlmodel import select

    return select(Registration.family_id)


def many(database: Database, here: Installation) -> None:
    """Forty more requests, from a list."""
    from intake import importing

    rows = "\n".join(
        f"N{n},gent,2025-05-0{n % 9 + 1},2025-02,yes,{'no_place,full,2025-09-01' if n % 2 else ',,'}" for n in range(40)
    )
    sent = f"external_reference,desk,asked_on,birth,urgent,outcome,outcome_reason,outcome_on\n{rows}".encode()
    assert database.write(lambda session: importing.run(session, here, sent, NOW)).result().added == 40


def test_the_same_content_has_the_same_hash(filled: Database, here: Installation) -> None:
    many(filled, here)
    with filled.read() as session:
        every = frozenset(desk.id for desk in desks.everything(session))
    found = filled.write(lambda session: publishing.publish(session, here, Wanted(2025), NOW, every, 5)).result()
    assert (
        "# suppressed: [" in found.as_csv()
        and json.loads(json.dumps(found.as_json()))["hash"] == found.as_json()["hash"]
    )
    assert public.LEAST == 5
