"""The documents name every setting and every command; a link in them leads somewhere."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from intake.cli import app
from intake.settings import Settings
from tests.transcript import ROOT

RUNNING = (ROOT / "docs/running.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained(name: str) -> None:
    shown = Settings.model_fields[name].validation_alias or f"INTAKE_{name.upper()}"
    assert f"`{shown}`" in RUNNING


def test_every_command_is_named() -> None:
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert re.search(rf"`{name}\b", RUNNING), name


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: path.name
)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_decisions_are_numbered_one_by_one() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_test_that_a_command_names_is_there() -> None:
    """In the Makefile and in the documents."""
    texts = [(ROOT / "Makefile").read_text(encoding="utf-8")]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    named = set(re.findall(r"\btests/[\w/.-]*\w", "\n".join(texts)))
    assert len(named) > 10 and not [each for each in named if not (ROOT / each).exists()]
