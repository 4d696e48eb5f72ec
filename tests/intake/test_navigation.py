"""What stands at the head of every page: short, and nothing behind it is shut."""

import yaml

from intake.desk import MAY
from intake.web import navigation
from intake.web.navigation import Menu
from tests.transcript import ROOT

TABLE = yaml.safe_load((ROOT / "tests/intake/matrix.yaml").read_text(encoding="utf-8"))
_LETTERS = {"auditor": "u"}  # of a role in the table of routes; else its first letter


def test_everybody_finds_what_they_may_open_and_nothing_else() -> None:
    for role, may in MAY.items():
        found = navigation.of(may, "audit")
        links = [link for each in found for link in (each.links if isinstance(each, Menu) else (each,))]
        assert links and len(found) <= 6, role
        for link in links:
            assert _LETTERS.get(role, role[0]) in TABLE[f"GET {link.address}"]["may"], (role, link)
        assert any(each.is_here for each in found) == ("audit" in may), role


def test_whoever_has_few_pages_sees_no_menu() -> None:
    assert [each.label for each in navigation.of(MAY["auditor"], "")] == ["Counts", "Settings", "Audit"]
    assert isinstance(navigation.of(MAY["coordinator"], "")[-1], Menu)
