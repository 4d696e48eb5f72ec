"""The life line of a request: every move that is allowed, listed."""

import pytest

from flows.definitions import ENDED, REASONS, Outcome
from flows.outcomes import MOVES, can_follow, read

FORWARD = {
    "open": "offer_made offer_refused unreachable unknown placed_via_desk placed_other_municipality placed_own_solution "
    "informal_solution no_place lapsed not_a_request",
    "offer_made": "offer_refused unreachable unknown placed_via_desk placed_other_municipality placed_own_solution "
    "informal_solution no_place lapsed not_a_request",
    "offer_refused": "offer_made unreachable unknown placed_via_desk placed_other_municipality placed_own_solution "
    "informal_solution no_place lapsed not_a_request",
    "unreachable": "offer_made offer_refused unknown placed_via_desk placed_other_municipality placed_own_solution "
    "informal_solution no_place lapsed not_a_request",
    "unknown": "offer_made offer_refused unreachable placed_via_desk placed_other_municipality placed_own_solution "
    "informal_solution no_place lapsed not_a_request",
    "no_place": "offer_made offer_refused placed_via_desk placed_other_municipality placed_own_solution "
    "informal_solution lapsed",
    "informal_solution": "offer_made offer_refused placed_via_desk placed_other_municipality placed_own_solution lapsed",
    "placed_via_desk": "",
    "placed_other_municipality": "",
    "placed_own_solution": "",
    "lapsed": "",
    "not_a_request": "",
}


def test_these_moves_are_allowed_and_no_others() -> None:
    assert {now.value: {each.value for each in then} for now, then in MOVES.items()} == {
        now: set(then.split()) for now, then in FORWARD.items()
    }


def test_nothing_leads_back_to_open_and_no_outcome_to_itself() -> None:
    for now in Outcome:
        assert not can_follow(now, Outcome.OPEN)
        assert not can_follow(now, now)


def test_a_place_ends_everything_and_every_end_is_reached_from_open() -> None:
    assert all(can_follow(Outcome.OPEN, each) for each in ENDED)
    assert [now for now in MOVES if not MOVES[now]] == [
        Outcome.PLACED_VIA_DESK, Outcome.PLACED_OTHER_MUNICIPALITY, Outcome.PLACED_OWN_SOLUTION, Outcome.LAPSED,
        Outcome.NOT_A_REQUEST,
    ]  # fmt: skip


@pytest.mark.parametrize("chosen", ["", "nothing", "open:full", "no_place:prank", "no_place:", "full"])
def test_a_reason_belongs_to_its_outcome(chosen: str) -> None:
    assert read(chosen) is None


def test_every_outcome_is_read_with_each_of_its_reasons() -> None:
    for outcome in Outcome:
        assert read(outcome.value) == (outcome, "")
        for reason in REASONS.get(outcome, ()):
            assert read(f"{outcome.value}:{reason}") == (outcome, reason)
