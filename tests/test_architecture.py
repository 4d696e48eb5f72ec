"""The rules of the house that a machine can check."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("intake", "channels", "flows", "locales", "storage")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SUPPLY = ("requirements.txt", "requirements-dev.txt", "requirements-tracing.txt")


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_holds_one_idea_that_fits_400_lines_and_says_which(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, "make a package of it"
    assert not text.strip() or text.lstrip().startswith('"""'), "say what lives here"


def test_lock_files_carry_hashes_and_no_registry_address() -> None:
    for name in SUPPLY:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text and "--index-url" not in text
        pins = re.findall(r"^[a-z0-9][\w.-]*(?:\[[^\]]+\])?==.*(?:\\\n.*)+", text, re.MULTILINE)
        assert len(pins) > 10 and all("--hash=sha256:" in pin for pin in pins)


def test_the_service_needs_at_most_85_packages() -> None:
    names = re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^\]]+\])?==", (ROOT / SUPPLY[0]).read_text(), re.MULTILINE)
    assert len(set(names)) <= 85


def test_no_commit_carries_a_path_of_a_machine_or_a_folder_of_code_that_nobody_expects() -> None:
    files = tracked()
    code = {path.relative_to(ROOT).parts[0] for path in files if path.suffix == ".py"}
    assert code <= {*PACKAGES, "tests"}
    for path in files:
        if path.suffix in {".py", ".yaml", ".md", ".toml", ".html", ".js", ".css", ".po", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"/(?:work|root|home/\w+|farm)/", text.replace(r"/(?:work|root|home", "")), path


def test_the_pages_behind_a_sign_in_see_their_own_desks_alone() -> None:
    """Through `theirs(request)`: there PostgreSQL hides what a query forgot to leave out."""
    whole = {
        "app": "puts it in place", "auth": "sessions, and the door itself", "sign_in": "nobody is signed in yet",
        "openid": "the same", "proof": "sessions", "second_factor": "the own account", "stream": "sessions, and that something changed",
        "storing": "webhooks", "webhooks": "webhooks", "health": "figures of all", "status": "the same, for administrators",
        "mail": "a link in a mail: nobody is signed in", "organisers": "what such a link shows", "texts": "public",
        "simulator": "the demonstration", "simulated_call": "the demonstration", "watching": "the test door",
    }  # fmt: skip
    pages = {path.stem for path in (ROOT / "intake" / "web").glob("*.py") if "state.database" in path.read_text()}
    assert pages == whole.keys()
