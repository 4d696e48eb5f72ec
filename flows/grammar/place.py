"""Postcodes and place names of Flanders and Brussels, as families write them.

`places.csv` holds a row a postcode: its name, and other names (French, English, merged and smaller places).
"""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from flows.grammar.nearly import Nearly
from flows.grammar.normalise import fold, normalise

FILE = Path(__file__).parent.parent / "places.csv"
LONGEST_NAME = 5  # words


class Places:
    """The table, by postcode and by name."""

    def __init__(self, names: Mapping[str, str], aliases: Mapping[str, tuple[str, ...]]) -> None:
        self._names = dict(names)
        main: dict[str, list[str]] = defaultdict(list)
        every: dict[str, list[str]] = defaultdict(list)
        for postcode, name in names.items():
            main[plain_name(name)].append(postcode)
            for each in {plain_name(each) for each in (name, *aliases[postcode])}:
                every[each].append(postcode)
        first = {postcode: min(main[plain_name(name)]) for postcode, name in names.items()}
        self._by_name = {
            name: _narrowed({first[each] for each in found}, main.get(name, [])) for name, found in every.items()
        }
        self._nearly = Nearly(self._by_name)

    def __contains__(self, postcode: object) -> bool:
        return postcode in self._names

    def name(self, postcode: str) -> str:
        """The name of a postcode, the postcode itself when we do not know it."""
        return self._names.get(postcode, postcode)

    def alike(self, postcode: str) -> frozenset[str]:
        """Every postcode of the town: a large one has several of the same name."""
        name = plain_name(self.name(postcode))
        return frozenset(each for each, named in self._names.items() if plain_name(named) == name) | {postcode}

    def find(self, text: str, *, misspelt: bool = True) -> tuple[str, ...]:
        """The postcodes that this name can stand for; () when none. A town with several postcodes is its first.

        `misspelt`: one letter may be wrong, missing or too many, in a name of five letters or more.
        """
        name = plain_name(text)
        if name in self._by_name or not misspelt:
            return self._by_name.get(name, ())
        near = self._nearly.find(name)
        return self._by_name[near.pop()] if len(near) == 1 else ()


@cache
def load_places(path: Path = FILE) -> Places:
    """The table in `path`. Raises `ValueError` with the line when a postcode is wrong or stands twice."""
    names: dict[str, str] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            postcode = row["postcode"]
            if not re.fullmatch(r"[1-9]\d{3}", postcode) or postcode in names or not row["name"]:
                raise ValueError(f"{path.name}:{line}: {postcode!r} is no postcode, stands twice or has no name")
            names[postcode] = row["name"]
            aliases[postcode] = tuple(each for each in row["aliases"].split("|") if each)
    return Places(names, aliases)


def plain_name(text: str) -> str:
    """A name as it is compared: "St.-Niklaas" and "sint niklaas" are one."""
    words = re.sub(r"[^\w]+", " ", fold(normalise(text))).split()
    return " ".join({"st": "sint", "ste": "sainte"}.get(word, word) for word in words)


def _narrowed(found: set[str], main: list[str]) -> tuple[str, ...]:
    """A town (its postcode ends in 0) goes before the hamlets of its name."""
    town = [postcode for postcode in main if postcode.endswith("0")]
    if town:
        return (min(town),)
    return tuple(sorted(found))
