"""The examples in docs/deploy are in order: systemd reads the units, and what the container holds is enough to run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from intake.cli import app
from tests.transcript import ROOT

DEPLOY = ROOT / "docs/deploy"
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/opvanglijn/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text.replace("/opt/opvanglijn", str(ROOT)), encoding="utf-8")
    names = [str(tmp_path / unit.name.replace("@.", "@8001.")) for unit in UNITS]
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    ours = [line for line in (found.stdout + found.stderr).splitlines() if "opvanglijn" in line]
    assert found.returncode == 0 and ours == []


def test_the_units_and_the_container_call_commands_that_exist() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    called = [
        name for path in DEPLOY.iterdir() for name in re.findall(r"-m intake (\w+)", path.read_text(encoding="utf-8"))
    ]
    assert len(called) >= 6 and set(called) <= set(commands)


def test_what_the_container_holds_is_enough_to_begin(tmp_path: Path) -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Containerfile").read_text(encoding="utf-8"), re.M)
    for folder in copied:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    begun = subprocess.run(
        [sys.executable, "-m", "intake", "migrate"], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "INTAKE_DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip
    assert begun.returncode == 0, begun.stderr
    said = subprocess.run(
        [sys.executable, "-m", "intake", "chat"], cwd=tmp_path, capture_output=True, text=True, check=False,
        input="dag\n",
    )  # fmt: skip
    assert said.returncode == 0 and "Wat kunnen we doen?" in said.stdout, said.stderr
