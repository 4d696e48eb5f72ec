"""The catalogue of bad input, whole, by one runner: each case gets its answer, and the service stands as it stood."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.carriers import CARRIERS, Case
from tests.attacks.desk import Desks
from tests.attacks.expectations import EXPECTATIONS, Outcome, catalogue, check_always, check_expected
from tests.attacks.files import FILES
from tests.attacks.reaches import REACHES
from tests.attacks.sessions import SESSIONS
from tests.attacks.wire import check_request, serving
from tests.attacks.world import Ground, Logged, World, busy_seconds, lay_ground
from tests.faults.table import Tell
from tests.intake import test_bad_exports, test_bad_tables

ALL = catalogue(Path(__file__).with_name("catalogue"))
CASES = [case for case in ALL if case["endpoint"] in CARRIERS]
OF_FILES = [case for case in ALL if case["endpoint"].startswith("file.")]
OF_DESKS = [case for case in ALL if case["endpoint"] == "desk"]
DESK = {**SESSIONS, **REACHES}
ELSEWHERE = ("exp", "csv")  # run beside the exports and the imports that they are about
GROUPS = {
    "txt": 24, "inj": 19, "num": 13, "sig": 12, "fld": 15, "sta": 8, "voi": 17, "med": 10, "wha": 5, "tgk": 28, "tgt": 18,
    "pof": 9, "flw": 12, "htp": 11, "ses": 18, "idr": 15, "exp": 13, "csv": 10,
}  # fmt: skip
OF_REQUESTS = [case for case in ALL if case["endpoint"] == "http"]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return lay_ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture
def world(ground: Ground, tmp_path: Path) -> Iterator[World]:
    found = World(ground, tmp_path)
    yield found
    found.close()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    handler, root = Logged(), logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("intake").setLevel(logging.INFO)
    yield handler.lines
    root.removeHandler(handler)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_an_attack_gets_its_answer_and_changes_nothing_else(case: Case, world: World, logged: list[str]) -> None:
    began = busy_seconds()
    world.look()
    answers = CARRIERS[case["endpoint"]](world, case)
    seconds = busy_seconds() - began
    outcome = Outcome(case, answers, seconds, world.counts() - world.before)
    assert check_expected(world, outcome) == []
    check_always(world, outcome, logged)


@pytest.mark.parametrize("case", OF_FILES, ids=lambda case: case["id"])
def test_a_file_that_is_wrong_is_refused_or_does_no_harm(case: Case, world: World) -> None:
    FILES[case["id"]](world, case)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(tmp_path_factory.mktemp("wire")) as number:
        yield number


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    found = Desks(tmp_path_factory.mktemp("desks"))
    yield found
    found.close()


@pytest.mark.parametrize("case", OF_DESKS, ids=lambda case: case["id"])
def test_who_may_not_gets_nothing_of_the_desk(case: Case, desks: Desks) -> None:
    DESK[case["id"]](desks, case)
    assert desks.is_whole()


@pytest.mark.parametrize("case", OF_REQUESTS, ids=lambda case: case["id"])
def test_a_request_no_browser_makes_gets_its_answer(case: Case, port: int) -> None:
    check_request(port, case)


def test_every_case_is_run(tell: Tell) -> None:
    tell("the catalogue of bad input: a failing case is named above", len(ALL))
    assert len(ALL) == len(CASES) + len(OF_FILES) + len(OF_REQUESTS) + len(OF_DESKS)
    assert {case["id"] for case in OF_DESKS} == set(DESK) and {case["id"] for case in OF_FILES} == set(FILES)


def test_no_group_of_the_catalogue_is_left_out() -> None:
    """Those that are run here, and two that are run by tests of their own."""
    here = Counter(case["group"] for case in ALL)
    there = Counter(case["group"] for case in (*test_bad_exports.CASES.values(), *test_bad_tables.CASES))
    assert set(there) == set(ELSEWHERE) and here.keys().isdisjoint(there)
    assert here + there == Counter(GROUPS)


def test_every_word_of_an_expectation_is_understood() -> None:
    assert {name for case in CASES for name in case["expect"]} == set(EXPECTATIONS)
