"""Flags against the words of the rules: a table of cases, and every completion of what is not known."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.answers import Answer, Flag
from flows.categories import categorise, income_limit, load, matters, registered_flags, warnings
from locales.yamlfile import YamlProblem

TODAY = date(2025, 6, 1)
VALUES: dict[str, tuple[Answer, ...]] = {
    "start": ("asap", "2025-07", "2025-06-30", "2025-09-15", "2024-04-20", "2023-01"),
    "urgent_reason": ("new_job", "hard_time", "other"),
    "extended": ((), ("saturday",)),
    "work": ("work", "seeking", "training", "none"),
    "work_days": tuple((str(a),) for a in range(6)) + tuple((str(a), str(b)) for a in range(6) for b in range(6)),
    "partner": ("yes", "no"),
    "income_low": ("yes", "no"),
    "diploma": ("yes", "no"),
    "care_situation": ("none", "health", "help"),
    "foster": ("yes", "no"),
    "sibling": ("yes", "no"),
    "care_need": ("yes", "no"),
}  # fmt: skip
DAYS = (
    date(2014, 3, 31),
    date(2014, 4, 1),
    date(2024, 3, 31),
    date(2024, 4, 1),
    date(2025, 4, 29),
    date(2025, 4, 30),
    TODAY,
)
USED = {
    Flag.URGENT: ("start", "urgent_reason"),
    Flag.EXTENDED: ("extended",),
    Flag.VULNERABLE: ("work", "partner", "income_low", "care_situation", "diploma"),
    Flag.CARE_NEED: ("care_need",),
}
OLD = ("work", "partner", "income_low", "foster", "care_situation", "diploma")
NEW = ("work", "work_days", "sibling", "foster")


def in_words(flag: Flag, a: dict[str, Answer], on: date) -> bool | None:
    """The rule in the words of the law and the desks, for answers that are all known; None: no rule in force."""
    match flag:
        case Flag.URGENT:
            start = str(a["start"])
            soon = start == "asap" or date.fromisoformat((start + "-01")[:10]) <= on + timedelta(days=30)
            return soon or a["urgent_reason"] in ("new_job", "course", "lost_childcare", "hard_time")
        case Flag.EXTENDED:
            return a["extended"] != ()
        case Flag.CARE_NEED:
            return a["care_need"] == "yes"
    if on < date(2014, 4, 1):
        return None
    weak = [a["income_low"] == "yes", a["care_situation"] != "none", a["diploma"] == "no"] if "diploma" in a else []
    if flag is Flag.VULNERABLE:
        return sum(weak) + (a["work"] != "none") + (a["partner"] == "no") >= 2 and any(weak)
    if date(2024, 4, 1) <= on <= date(2025, 4, 29):
        days = [int(each) for each in a["work_days"]] if a["work"] in ("work", "training") else [0]
        return sum(days) / len(days) >= 4 or a["sibling"] == "yes" or a["foster"] == "yes"
    return sum(weak) + (a["work"] != "none") + (a["partner"] == "no") + (a["foster"] == "yes") >= 2


def keys_of(flag: Flag, on: date) -> tuple[str, ...]:
    if flag is Flag.PRIORITY:
        return NEW if date(2024, 4, 1) <= on <= date(2025, 4, 29) else OLD
    return USED[flag]


def completions(flag: Flag, answers: dict[str, Answer], on: date) -> Iterator[dict[str, Answer]]:
    keys = keys_of(flag, on)
    choices = []
    for key in keys:
        value = answers.get(key, "unknown")
        if (
            key == "urgent_reason"
            and key not in answers
            and answers.get("start", "unknown") not in ("unknown", "refused")
        ):
            choices.append(("other",))
        elif key == "work_days" and isinstance(value, tuple):
            parents = [[str(n) for n in range(6)] if each in ("unknown", "refused") else [each] for each in value]
            choices.append(tuple(product(*parents)))
        else:
            choices.append(VALUES[key] if value in ("unknown", "refused") else (value,))
    for values in product(*choices):
        yield dict(zip(keys, values, strict=True))


@st.composite
def some_answers(draw: st.DrawFn) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    for key, values in VALUES.items():
        value = draw(st.sampled_from([None, "unknown", "refused", *values, *values]))
        if key == "work_days" and isinstance(value, tuple):
            value = tuple(draw(st.sampled_from([each, "unknown"])) for each in value)
        if value is not None:
            found[key] = value
    return found


@settings(max_examples=5000, deadline=None)
@given(answers=some_answers(), on=st.sampled_from(DAYS))
def test_a_flag_is_what_every_completion_says(answers: dict[str, Answer], on: date) -> None:
    for flag, decision in categorise(answers, on, load()).items():
        results = {in_words(flag, each, on) for each in completions(flag, answers, on)}
        assert decision.value is (results.pop() if len(results) == 1 else None), (flag, answers)
        if decision.value is not None:
            alone = {key: answers[key] for key in decision.because}
            assert categorise(alone, on, load())[flag].value is decision.value


@pytest.mark.parametrize(
    ("answers", "flag", "value"),
    [
        ({"start": "2025-07-01"}, Flag.URGENT, True),
        ({"start": "2025-07-02"}, Flag.URGENT, False),
        ({"start": "2025-07"}, Flag.URGENT, True),
        ({"start": "2024-01"}, Flag.URGENT, True),
        ({"start": "unknown"}, Flag.URGENT, None),
        ({"start": "2025-12", "urgent_reason": "refused"}, Flag.URGENT, None),
        ({"extended": ()}, Flag.EXTENDED, False),
        ({"work": "seeking", "partner": "no"}, Flag.PRIORITY, True),
        ({"work": "work", "partner": "no"}, Flag.VULNERABLE, None),
        ({"work": "work", "diploma": "no"}, Flag.VULNERABLE, True),
        ({"care_need": "refused"}, Flag.CARE_NEED, None),
    ],
)
def test_a_rule_as_the_desk_knows_it(answers: dict[str, Answer], flag: Flag, value: bool | None) -> None:
    assert categorise(answers, TODAY, load())[flag].value is value


def test_what_is_decided_is_not_asked_any_more() -> None:
    sure = {"work": "work", "diploma": "no", "start": "asap"}
    assert not matters("partner", sure, TODAY, load())
    assert matters("partner", {"work": "work"}, TODAY, load())
    assert not matters("work_days", {}, TODAY, load()) and not matters("sibling", {}, TODAY, load())
    assert matters("sibling", {}, date(2024, 6, 1), load())


def test_the_tables_are_dated() -> None:
    assert income_limit(load(), TODAY).monthly == 2700 and list(warnings(load(), TODAY))
    assert Flag.PRIORITY in registered_flags(load(), 2023) and Flag.PRIORITY not in registered_flags(load(), 2025)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("until: 2024-03-31", "until: 2024-04-01"), "both in force for priority"),
        (("count: 1", "cuont: 1"), "line 6"),
        (("of: [extended]", "of: [late]"), "line 7"),
        (("count: 2", "count: 9"), "can never hold"),
    ],
)
def test_a_mistake_in_the_rules_is_refused_with_file_and_line(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    text = (Path(__file__).parents[2] / "flows/categories.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "rules.yaml"
    broken.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(YamlProblem, match=said) as problem:
        load(broken)
    assert "rules.yaml, line" in str(problem.value)
