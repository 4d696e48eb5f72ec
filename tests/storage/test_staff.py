"""What a password costs who guesses it."""

import subprocess
import sys

from tests.transcript import ROOT


def test_a_password_is_hashed_at_the_cost_that_the_standard_advises() -> None:
    """The second of RFC 9106's choices: 64 MB, three passes. Asked in another process: here tests have a cheaper one."""
    code = "from storage import staff; print(staff.hash_password('een lange zin'))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
