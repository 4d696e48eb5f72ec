"""Days and hours as families type them."""

import pytest

from flows.grammar.hours import outside, read_hours
from flows.grammar.weekdays import read_weekdays
from locales.languages import load

WORDS = load()
WEEK = ("mo", "tu", "we", "th", "fr")


@pytest.mark.parametrize(
    ("code", "text", "days"),
    [
        ("nl", "ma di do", ("mo", "tu", "th")),
        ("nl", "maandag en donderdag voormiddag", ("mo:am", "th:am")),
        ("nl", "ma vm, di nm, do", ("mo:am", "tu:pm", "th")),
        ("nl", "ma-vr", WEEK),
        ("nl", "ma-wo-vr", ("mo", "we", "fr")),
        ("nl", "maakt niet uit", "any"),
        ("nl", "maandag of dinsdag", None),
        ("nl", "niet op maandag", None),
        ("nl", "alle dagen behalve woensdag", ("mo", "tu", "th", "fr")),
        ("fr", "du lundi au vendredi", WEEK),
        ("fr", "le matin lundi et mardi", ("mo:am", "tu:am")),
        ("en", "every day except friday", ("mo", "tu", "we", "th")),
        ("en", "3 days", None),
    ],
)
def test_days(code: str, text: str, days: tuple[str, ...] | str | None) -> None:
    assert read_weekdays(text, WORDS, code) == days


@pytest.mark.parametrize(
    ("code", "text", "hours"),
    [
        ("nl", "de nacht, 22u tot 6u", ((22, 0), (6, 0))),
        ("nl", "6-19 u", ((6, 0), (19, 0))),
        ("nl", "8 tot 5", ((8, 0), (17, 0))),
        ("nl", "6.30 tot 18.00", ((6, 30), (18, 0))),
        ("fr", "7h30 - 16h", ((7, 30), (16, 0))),
        ("en", "7.30am-6pm", ((7, 30), (18, 0))),
        ("nl", "wisselend", None),
        ("nl", "6 tot 25", None),
        ("nl", "8u", None),
    ],
)
def test_hours(code: str, text: str, hours: tuple[tuple[int, int], tuple[int, int]] | None) -> None:
    assert read_hours(text, WORDS, code) == hours


def test_hours_outside_the_usual_day() -> None:
    assert outside((7, 0), (18, 0)) == ()
    assert outside((6, 30), (18, 0)) == ("before_7",)
    assert outside((8, 0), (18, 30)) == ("after_18",)
    assert outside((22, 0), (6, 0)) == ("before_7", "after_18")
