"""What the address of an export may ask for. A choice we do not know is refused: nobody takes a year for a period."""

from datetime import date

from fastapi import Depends, Request

from intake.desk import DeskError

_CHOICES = frozenset({"year", "desk", "definition", "year_rule", "as_of", "known_on", "said"})


def _known(request: Request) -> None:
    for name in request.query_params:
        if name not in _CHOICES:
            raise DeskError(
                422, "We do not know this choice: %(name)s. Choose a year, a desk or a definition on the page.",
                name=name[:40],
            )  # fmt: skip
    if day := request.query_params.get("as_of"):
        try:
            date.fromisoformat(day)
        except ValueError:
            raise DeskError(422, "Give a date.") from None


KNOWN = Depends(_known)
