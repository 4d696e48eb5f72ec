"""The command line: one small function a command, each handing over to the module that does the work.

Exit 0: done; 1: the data or the installation is not in order; 2: wrong use, with one sentence on standard error.
"""

from intake.cli.desks import desk, staff
from intake.cli.importing import importing
from intake.cli.keeping import audit, backup, erase, keys, own, reconcile, restore, retention
from intake.cli.languages import language
from intake.cli.main import app
from intake.cli.reports import report
from intake.cli.telegram import telegram
from intake.cli.voice import voice

GROUPS = {
    "desk": desk, "staff": staff, "language": language, "voice": voice, "report": report, "telegram": telegram,
    "audit": audit, "import": importing, "keys": keys,
    "retention": retention,
}  # fmt: skip
for name, group in GROUPS.items():
    app.add_typer(group, name=name)

for command in (erase, backup, restore, reconcile, own):
    app.command()(command)

__all__ = ["app"]
