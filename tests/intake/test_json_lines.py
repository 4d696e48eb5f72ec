"""`understand` and `categorise` as other people's scripts use them."""

import json
from pathlib import Path

import pytest

from intake.json_lines import WrongLine, categorise_line, understand_line
from tests.installed import command, process


def said(**changes: object) -> str:
    line = {"id": 1, "kind": "date_birth", "lang": "nl", "input": "8 maanden", "reference": "2026-11-23T09:00:00"}
    return json.dumps(line | changes)


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, "~2026-03"),
        ({"kind": "yesno", "input": "ja hoor"}, True),
        ({"kind": "yesno", "input": "weet ik niet"}, None),
        ({"kind": "yesno", "input": "een mens"}, "cmd:human"),
        ({"kind": "command", "input": "terug"}, "back"),
        ({"kind": "command", "input": "0"}, None),
        ({"kind": "free", "input": "Noor"}, "text"),
        ({"kind": "postcode", "input": "gand"}, "place:gand"),
        ({"kind": "time_range", "input": "22u tot 6u", "reference": None}, "22:00-06:00"),
        ({"kind": "yesno", "lang": "xx", "input": "oui"}, True),
    ],
)
def test_answers_are_read(changes: dict[str, object], value: object) -> None:
    assert json.loads(understand_line(said(**changes))) == {"id": 1, "value": value}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense", "this is no JSON object"),
        (said(reference=None), "reference is missing"),
        (said(kind="colour"), "kind: must be one of"),
        ("{}", "kind: Field required"),
    ],
)
def test_a_wrong_line_is_named_in_one_sentence(line: str, sentence: str) -> None:
    with pytest.raises(WrongLine, match=sentence):
        understand_line(line)


def test_categories_come_with_their_rule_and_reason() -> None:
    line = {"id": "x", "asked_on": "2026-03-02", "start": "asap", "urgent_reason": "new_job", "extended": ["saturday"]}
    found = json.loads(categorise_line(json.dumps(line)))
    assert (found["id"], found["urgent"], found["extended"], found["priority"]) == ("x", True, True, None)
    assert found["because"]["extended"] == ["extended"]
    assert found["rules"]["urgent"]


@pytest.mark.parametrize("answer", [{"work_days": []}, {"work_days": [6]}, {"start": "soon"}, {"colour": "red"}, {}])
def test_answers_that_cannot_be_are_refused(answer: dict[str, object]) -> None:
    with pytest.raises(WrongLine):
        categorise_line(json.dumps({"id": 1, "asked_on": "2026-03-02"} | answer if answer else {"id": 1}))


def test_the_command_line(tmp_path: Path) -> None:
    done = process(tmp_path, "understand", typed=f"{said()}\n\n{said(id=2, input='kweenie')}".encode())
    assert done.returncode == 0
    assert [json.loads(line)["value"] for line in done.stdout.splitlines()] == ["~2026-03", None]
    wrong = command(tmp_path, "understand", typed=f"{said()}\n{said(reference=None)}".encode())
    assert (wrong.returncode, wrong.stderr.startswith(b"line 2: reference is missing")) == (2, True)
    categorised = command(tmp_path, "categorise", typed=json.dumps({"id": 1, "asked_on": "2026-03-02"}).encode())
    assert categorised.returncode == 0 and json.loads(categorised.stdout)["id"] == 1
    assert command(tmp_path, "nonsense").returncode == 2
