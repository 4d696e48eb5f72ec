"""The forms that stand on the desk's pages: where they go, the names of their fields, and values that fit."""

import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser

Fields = dict[str, set[str]]  # the name of a field -> what a page offers for it
_FIELDS = ("input", "textarea", "select", "button")
_FIT = {  # what somebody may type there, by the kind of the field
    "date": ("2026-12-24", "2027-02-01"),
    "text": ("Noor Peeters", "02-2026", "9000", "24-12-2026", "zo snel mogelijk", "+32470000031", "10:30", "12"),
    "textarea": ("Dank u wel, tot morgen.",),
    "tel": ("+32470000031", "0470 00 00 31"),
    "email": ("noor@example.org",),
    "number": ("1", "30"),
    "month": ("2026-12",),
    "time": ("10:30",),
}


class _Reader(HTMLParser):
    """Forms of one page, by the address they are sent to. Fields elsewhere on the page may name their form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Fields] = {}
        self._named: dict[str, str] = {}
        self._form, self._select = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = given.get("action", "") if given.get("method", "").lower() == "post" else ""
            self._named[given.get("id", "")] = self._form
            self.forms.setdefault(self._form, {})
        elif tag in _FIELDS and given.get("name"):
            self._select = given["name"] if tag == "select" else ""
            for form in {self._named.get(given.get("form", ""), self._form), given.get("formaction", "")}:
                values = self.forms.setdefault(form, {}).setdefault(given["name"], set())
                kind = given.get("type", "text") if tag == "input" else tag
                values.update((given.get("value", ""), *_FIT.get(kind, ())))
        elif tag == "option" and self._select:
            self.forms[self._form].setdefault(self._select, set()).add(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag == "select":
            self._select = ""


TYPED = frozenset(value for values in _FIT.values() for value in values)


def read(page: str) -> dict[str, Fields]:
    """Address -> fields, of the forms of a page that change something."""
    reader = _Reader()
    reader.feed(page)
    return {address.partition("?")[0]: fields for address, fields in reader.forms.items() if address}


def by_route(routes: Iterable[str], pages: Iterable[str]) -> Mapping[str, Mapping[str, Fields]]:
    """Of each route the addresses of the forms that lead there, with their fields; none for one that stands nowhere."""
    found: dict[str, dict[str, Fields]] = {route: {} for route in routes}
    known = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", _path(route))), route) for route in found]
    for page in pages:
        for address, fields in read(page).items():
            fits = [route for pattern, route in known if pattern.fullmatch(address)]
            for route in fits[:1]:  # the first, as the service looks for them
                there = found[route].setdefault(address, {})
                for name, values in fields.items():
                    there.setdefault(name, set()).update(values)
    return found


def _path(route: str) -> str:
    return route.partition(" ")[2]
