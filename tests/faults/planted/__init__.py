"""Bugs that are planted in a copy of this checkout, to see that a test finds each of them."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.transcript import ROOT


@dataclass(frozen=True)
class Bug:
    """`find` stands once in `file` and becomes `put`; then `caught_by` must fail."""

    bug: str
    file: str
    find: str
    put: str
    caught_by: str

    def planted(self, text: str) -> str:
        """`text` with the bug in it. Raises `ValueError` when the code has moved."""
        if text.count(self.find) != 1:
            raise ValueError(f"{self.bug}: {self.file} holds {text.count(self.find)} times:\n{self.find}")
        return text.replace(self.find, self.put)


def load() -> list[Bug]:
    return [Bug(**each) for each in yaml.safe_load(Path(__file__).with_name("bugs.yaml").read_text("utf-8"))]


@contextmanager
def scratch_copy() -> Iterator[Path]:
    """What stands in this checkout, at a place where it may be spoiled."""
    names = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(names, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with TemporaryDirectory(prefix="planted") as folder:
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, Path(folder) / name)
        yield Path(folder)
