"""The life line of a request: what can follow what. Every outcome is a raw event; none takes an earlier one away.

A request goes forward: open, then a proposal or no answer, then an end. After "no place" or a solution with family or
neighbours a place may still be found. Back goes only a colleague who corrects one request by hand; never many at once.
"""

from collections.abc import Mapping

from flows.definitions import OUTCOMES, Outcome

_PLACED = {Outcome.PLACED_VIA_DESK, Outcome.PLACED_OTHER_MUNICIPALITY, Outcome.PLACED_OWN_SOLUTION}
_ENDS = _PLACED | {Outcome.INFORMAL_SOLUTION, Outcome.NO_PLACE, Outcome.LAPSED, Outcome.NOT_A_REQUEST}
_UNCERTAIN = {Outcome.UNREACHABLE, Outcome.UNKNOWN}

MOVES: Mapping[Outcome, frozenset[Outcome]] = {
    Outcome.OPEN: frozenset(_ENDS | _UNCERTAIN | {Outcome.OFFER_MADE, Outcome.OFFER_REFUSED}),
    Outcome.OFFER_MADE: frozenset(_ENDS | _UNCERTAIN | {Outcome.OFFER_REFUSED}),
    Outcome.OFFER_REFUSED: frozenset(_ENDS | _UNCERTAIN | {Outcome.OFFER_MADE}),
    Outcome.UNREACHABLE: frozenset(_ENDS | {Outcome.OFFER_MADE, Outcome.OFFER_REFUSED, Outcome.UNKNOWN}),
    Outcome.UNKNOWN: frozenset(_ENDS | {Outcome.OFFER_MADE, Outcome.OFFER_REFUSED, Outcome.UNREACHABLE}),
    Outcome.NO_PLACE: frozenset(
        _PLACED | {Outcome.OFFER_MADE, Outcome.OFFER_REFUSED, Outcome.INFORMAL_SOLUTION, Outcome.LAPSED}
    ),
    Outcome.INFORMAL_SOLUTION: frozenset(_PLACED | {Outcome.OFFER_MADE, Outcome.OFFER_REFUSED, Outcome.LAPSED}),
    Outcome.PLACED_VIA_DESK: frozenset(),
    Outcome.PLACED_OTHER_MUNICIPALITY: frozenset(),
    Outcome.PLACED_OWN_SOLUTION: frozenset(),
    Outcome.LAPSED: frozenset(),
    Outcome.NOT_A_REQUEST: frozenset(),
}


def can_follow(now: Outcome, then: Outcome) -> bool:
    """Whether that is forward on the life line; the same outcome with another reason is no move."""
    return then in MOVES[now]


def read(chosen: str) -> tuple[Outcome, str] | None:
    """ "no_place:full" as a code and a reason that belongs to it; None when there is no such outcome."""
    if chosen not in OUTCOMES:
        return None
    code, _, reason = chosen.partition(":")
    return Outcome(code), reason
