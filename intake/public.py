"""Counts that may be published: small numbers are hidden, and so is whatever would give a hidden one away.

Primary suppression: a count from 1 up to the threshold. Complementary suppression: as long as linear programming, with
all that stays visible and all that everybody knows of such a table, pins a hidden small count down to a narrower
interval than the threshold, one count more is hidden. Source: Hundepool et al., "Statistical Disclosure Control", 4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from intake.reports import ALL, COLUMNS
from intake.said import Said, said

Table = Mapping[str, Mapping[str, int | None]]  # measure -> column -> count; None: not defined
LEAST = 5  # can only be raised
_PARTS = ("unanswered", "open_start_to_come", "open_start_passed", "unreachable")
_REST, _NO = "rest", "no"  # what is told nowhere, and follows from what is
_NOTHING_LEFT = said("so much would have to be hidden that nothing is left: publish a longer period or more desks")


class TooSmall(ValueError):
    """Too little would be left to publish. `said`: the sentence, for a page to translate."""

    def __init__(self, told: Said) -> None:
        self.said = told
        super().__init__(str(told))


@dataclass(frozen=True, slots=True)
class Cell:
    measure: str
    column: str

    def __str__(self) -> str:
        return f"{self.measure}.{self.column}"


def protect(table: Table, threshold: int, *, parts_are_disjoint: bool) -> frozenset[Cell]:
    """The cells to hide. `parts_are_disjoint`: by this definition nothing open is unanswered. Raises `TooSmall`."""
    if threshold < LEAST:
        raise ValueError(f"the threshold is at least {LEAST}")
    everything = table[ALL]["unique"] or 0
    if everything < 2 * threshold:
        raise TooSmall(
            said("there are fewer than %(least)s requests: nothing can be published without naming somebody",
                 least=2 * threshold)
        )  # fmt: skip
    hidden = {cell for cell, count in _cells(table) if 0 < count < threshold}
    audit = _Audit(table, parts_are_disjoint=parts_are_disjoint)
    while weak := audit.weakest(hidden, threshold):
        more = _next(weak, table, hidden)
        if more is None:
            raise TooSmall(_NOTHING_LEFT)
        hidden.add(more)
    if not any(str(cell) not in map(str, hidden) and count for cell, count in _cells(table) if cell.measure == ALL):
        raise TooSmall(_NOTHING_LEFT)
    return frozenset(hidden)


def _cells(table: Table) -> Iterator[tuple[Cell, int]]:
    for measure, row in table.items():
        for column in COLUMNS:
            count = row[column]
            if count is not None and not (measure == ALL and column == "flag_unknown"):
                yield Cell(measure, column), count


def _next(weak: Cell, table: Table, hidden: set[Cell]) -> Cell | None:
    """What to hide more: the smallest that is left in its row, then the same of everybody, then anything."""
    left = [(cell, count) for cell, count in _cells(table) if cell not in hidden and count]
    for near in (
        [each for each in left if each[0].measure == weak.measure],
        [each for each in left if each[0].column == weak.column],
        [each for each in left if each[0] != Cell(ALL, "unique")],
    ):
        if near:
            return min(near, key=lambda each: (each[1], str(each[0])))[0]
    return None


class _Audit:
    """What somebody with a computer can tell from what stays visible."""

    def __init__(self, table: Table, *, parts_are_disjoint: bool) -> None:
        self._table, self._disjoint = table, parts_are_disjoint
        names = [Cell(measure, column) for measure in table for column in (*COLUMNS, _REST, _NO)]
        self._at = {cell: place for place, cell in enumerate(names)}

    def weakest(self, hidden: set[Cell], threshold: int) -> Cell | None:
        """A small count that is known too well; None when there is none."""
        known = [(cell, count) for cell, count in _cells(self._table) if cell not in hidden]
        for cell in self._small(threshold):
            if cell.column not in (_REST, _NO) and cell not in hidden:
                return cell
            low, high = self._interval(cell, known)
            if high - low < threshold - 1e-6:
                return cell
        return None

    def _small(self, threshold: int) -> Iterator[Cell]:
        """Every count that tells of few families, also those that are only a difference."""
        for measure, row in self._table.items():
            told = {column: row[column] or 0 for column in COLUMNS}
            found = dict(told)
            if self._disjoint and row["unanswered"] is not None:
                found[_REST] = told["unique"] - sum(told[part] for part in _PARTS)
            if measure != ALL:
                found[_NO] = (self._table[ALL]["unique"] or 0) - told["unique"] - told["flag_unknown"]
            else:
                found.pop("flag_unknown")
            for column, count in found.items():
                if 0 < count < threshold and row.get(column, 0) is not None:
                    yield Cell(measure, column)

    def _interval(self, cell: Cell, known: list[tuple[Cell, int]]) -> tuple[float, float]:
        import numpy
        from scipy.optimize import linprog  # heavy, and only who publishes needs it

        size = len(self._at)
        equal, values = list[Any](), list[float]()
        for each, count in known:
            row = numpy.zeros(size)
            row[self._at[each]] = 1
            equal.append(row)
            values.append(float(count))
        for sum_ in self._sums(size):
            equal.append(sum_)
            values.append(0.0)
        below = list(self._orders(size))
        goal = numpy.zeros(size)
        goal[self._at[cell]] = 1
        found = [
            linprog(
                sign * goal, A_eq=equal, b_eq=values, A_ub=below, b_ub=numpy.zeros(len(below)), bounds=(0, None),
                method="highs",
            )
            for sign in (1, -1)
        ]  # fmt: skip
        low = found[0].fun if found[0].status == 0 else 0.0
        high = -found[1].fun if found[1].status == 0 else float("inf")  # nothing holds it up
        return low, high

    def _sums(self, size: int) -> Iterator[Any]:
        """Parts and rest make the whole; yes, no and unknown make everybody."""
        import numpy

        for measure in self._table:
            if self._disjoint:
                row = numpy.zeros(size)
                row[self._at[Cell(measure, "unique")]] = -1
                for part in (*_PARTS, _REST):
                    row[self._at[Cell(measure, part)]] = 1
                yield row
            if measure != ALL:
                row = numpy.zeros(size)
                row[self._at[Cell(ALL, "unique")]] = -1
                for part in ("unique", "flag_unknown", _NO):
                    row[self._at[Cell(measure, part)]] = 1
                yield row

    def _orders(self, size: int) -> Iterator[Any]:
        """No category is larger than everybody, and no part than its whole."""
        import numpy

        for measure in self._table:
            for column in (*_PARTS, *((_REST,) if self._disjoint else ())):
                row = numpy.zeros(size)
                row[self._at[Cell(measure, column)]], row[self._at[Cell(measure, "unique")]] = 1, -1
                yield row
                if measure != ALL:
                    row = numpy.zeros(size)
                    row[self._at[Cell(measure, column)]], row[self._at[Cell(ALL, column)]] = 1, -1
                    yield row
