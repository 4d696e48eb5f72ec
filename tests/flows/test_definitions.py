from datetime import date
from pathlib import Path

import pytest

from flows import categories
from flows.definitions import DEFINITIONS, UNIQUE, Asked, Happened, Outcome, YearRule, counts_in, load
from locales.yamlfile import YamlProblem

ASKED = date(2025, 3, 1)
END = date(2026, 1, 31)
END_OF_TIME = date(2030, 1, 1)


def asked(outcome: str = "open", reason: str = "", start: str = "2025-09", reply: date | None = None) -> Asked:
    return Asked(ASKED, start, (Happened(date(2025, 6, 1), Outcome(outcome), reason),), reply)


@pytest.mark.parametrize(
    ("definition", "unanswered"),
    [
        ("opgroeien-2023", {"no_place", "informal_solution"}),
        ("opgroeien-2022", {"no_place", "informal_solution", "placed_other_municipality"}),
        ("bruto", {"open", "offer_made", "informal_solution", "offer_refused", "no_place", "unreachable", "unknown"}),
    ],
)
def test_these_outcomes_and_no_others_are_unanswered(definition: str, unanswered: set[str]) -> None:
    rule = load().get(definition)
    assert rule is not None
    assert {each.value for each in Outcome if rule.is_unanswered(asked(each), END)} == unanswered


def test_each_year_has_the_definition_of_its_time() -> None:
    assert [load().of_year(year).id for year in (2019, 2021, 2022, 2023, 2031)] == [
        "raw-2019", "raw-2019", "opgroeien-2022", "opgroeien-2023", "opgroeien-2023",
    ]  # fmt: skip
    assert load().of_year(2020).is_unanswered(asked("no_place"), END) is None


def test_every_rule_that_counts_is_explained_in_dutch() -> None:
    found = load()
    assert {each.id for each in found.categories} == {rule.id for rule in categories.load().file.rules}
    assert {each.id for each in found.years} == set(YearRule)
    assert found.unique.id == UNIQUE
    for each in (*found.unanswered, found.unique, *found.years, *found.categories):
        assert each.explanation.endswith(".") and each.name, each.id
    uncertain = {rule.id for rule in categories.load().file.rules if rule.sure != "stated"}
    assert uncertain <= {each.id for each in found.categories if each.open}


def test_an_offer_refused_counts_only_where_the_offer_did_not_fit() -> None:
    rule = load().get("geen-passend-aanbod")
    assert rule is not None
    assert rule.is_unanswered(asked("offer_refused", "hours"), END)
    assert not rule.is_unanswered(asked("offer_refused", "other"), END)


def test_the_outcome_that_counts_is_the_last_one_on_or_before_the_day() -> None:
    rule = load().of_year(2025)
    request = Asked(
        ASKED, "asap", (Happened(ASKED, Outcome.NO_PLACE), Happened(date(2025, 9, 1), Outcome.PLACED_VIA_DESK))
    )
    assert rule.is_unanswered(request, date(2025, 8, 31))
    assert not rule.is_unanswered(request, date(2025, 9, 1))


@pytest.mark.parametrize(
    ("request_", "result"),
    [
        (Asked(ASKED, "2025-09"), True),
        (Asked(ASKED, "2025-09", (Happened(date(2025, 9, 1), Outcome.OFFER_MADE),)), False),
        (Asked(ASKED, "2025-09", (Happened(date(2025, 9, 2), Outcome.PLACED_VIA_DESK),)), True),
        (Asked(ASKED, "2025-09", (Happened(date(2025, 9, 2), Outcome.LAPSED),)), False),
        (Asked(ASKED, ""), False),
        (Asked(ASKED, "2026-09"), False),
        (Asked(ASKED, "asap"), True),
    ],
)
def test_no_offer_before_the_start(request_: Asked, result: bool) -> None:
    rule = load().get("geen-aanbod-voor-start")
    assert rule is not None and rule.is_unanswered(request_, END) is result


@pytest.mark.parametrize(("reply", "result"), [(date(2025, 3, 15), False), (date(2025, 3, 16), True), (None, True)])
def test_no_reply_in_time(reply: date | None, result: bool) -> None:
    rule = load().get("geen-reactie-in-14")
    assert rule is not None
    assert rule.is_unanswered(asked(reply=reply), END) is result
    assert not rule.is_unanswered(asked("lapsed", reply=reply), END)
    assert not rule.is_unanswered(Asked(ASKED, "asap"), date(2025, 3, 15))  # the term still runs


def test_a_request_belongs_to_a_year_by_a_rule() -> None:
    ended = Asked(ASKED, "2026-01-15", (Happened(date(2026, 2, 1), Outcome.NO_PLACE),))
    assert [year for year in range(2024, 2029) if counts_in(YearRule.ASKED, year, ended, END_OF_TIME)] == [2025]
    assert [year for year in range(2024, 2029) if counts_in(YearRule.START, year, ended, END_OF_TIME)] == [2026]
    assert [year for year in range(2024, 2029) if counts_in(YearRule.EVERY_OPEN, year, ended, END_OF_TIME)] == [
        2025,
        2026,
    ]
    assert not counts_in(YearRule.START, 2025, Asked(ASKED, ""), END_OF_TIME)
    assert counts_in(YearRule.START, 2025, Asked(ASKED, "asap"), END_OF_TIME)


def test_what_happens_after_the_day_of_the_report_moves_nothing_to_another_year() -> None:
    ended = Happened(date(2025, 5, 1), Outcome.NO_PLACE)
    again = Asked(ASKED, "asap", (ended, Happened(date(2027, 3, 1), Outcome.PLACED_VIA_DESK)))
    assert not counts_in(YearRule.EVERY_OPEN, 2026, again, date(2027, 1, 31))
    assert counts_in(YearRule.EVERY_OPEN, 2026, again, date(2027, 3, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("from_year: 2023", "from_year: 2022"), "2022 needs exactly one default"),
        (("id: bruto", "id: raw-2019"), "stands twice"),
        (("source: lokaal", "source: lokaal\n    sauce: red"), "sauce"),
        (("outcomes: [no_place,", "outcomes: [no_place:moon,"), "no_place:moon is no outcome"),
    ],
)
def test_a_mistake_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    text = DEFINITIONS.read_text(encoding="utf-8").replace('"lokaal"', "lokaal").replace(*change, 1)
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(YamlProblem, match=said):
        load(tmp_path / "broken.yaml")
