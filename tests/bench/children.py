"""How well the same child is found: an invented register of 20,000 requests, one child in ten asked for twice.

`python -m tests.bench.children [REQUESTS]` prints recall and how many candidates a colleague is shown. Second requests
come from the same phone or another parent's, after a move, with a new number, before and after birth; with typing
errors and in other alphabets. Twins share everything but a name, siblings everything but an age. Nobody in it exists.
"""

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from intake.registration import birth_month, plain_name
from intake.uniqueness import likely, told
from storage.merging import Near, months_around

SPELLED = {  # a name as families write it, in our letters and in their own
    "Mohamed": ("Mohammed", "Muhammad", "Mohamad", "محمد"),
    "Youssef": ("Yusuf", "Yousef", "Joessoef", "يوسف"),
    "Fatima": ("Fatma", "Fatimah", "فاطمة"),
    "Amina": ("Aminah", "أمينة"),
    "Yasmine": ("Yasmin", "Jasmine", "ياسمين"),
    "Khadija": ("Hadija", "Khadidja", "خديجة"),
    "Ibrahim": ("Brahim", "Ebrahim", "إبراهيم"),
    "Layla": ("Leila", "Laila", "ليلى"),
    "Aleksandr": ("Alexander", "Oleksandr", "Александр"),
    "Dmitri": ("Dmytro", "Dimitri", "Дмитрий"),
    "Sofia": ("Sofija", "Sophia", "София"),
    "Milena": ("Милена",),
    "Viktor": ("Victor", "Віктор"),
    "Nikola": ("Nicola", "Никола"),
    "Oksana": ("Oxana", "Оксана"),
    "Giorgos": ("Georgios", "Γιώργος"),
    "Eleni": ("Helena", "Ελένη"),
    "Mehmet": ("Mehmed",),
    "Ayşe": ("Ayse", "Aïcha"),
    "Emine": ("Émine",),
    "Çağlar": ("Caglar",),
    "Şirin": ("Sirin", "Shirin"),
    "Reza": ("رضا",),
    "Zahra": ("Zohra", "زهرا"),
    "Tewodros": ("Tedros", "ቴዎድሮስ"),
    "Selam": ("Salam", "ሰላም"),
    "Chloë": ("Chloe",),
    "Zoë": ("Zoe",),
    "Noémie": ("Noemie",),
    "Jan": (),
    "Lies": (),
}
_FIRST_WORDS = (
    "Noor Emma Louise Olivia Lina Marie Nora Camille Elena Juliette Anna Mila Ella Lucie Alice Lotte Fien Hanne "
    "Julie Laura Lore Amber Elise Nina Sarah Eva Renée Fleur Jade Liv Arthur Noah Liam Lucas Jules Adam Victor "
    "Louis Finn Mathis Leon Gust Vic Lowie Mauro Senne Wout Robbe Thomas Seppe Stan Lars Kobe Milan Tuur Warre "
    "Cas Oscar Rayan Elif Deniz Kerem Aya Hiba Salma Ilias Bilal Anas Imran Malak Inaya Zeynep Emir Omer Andrei "
    "Maria Ioana Stefan Luca Elisa Matteo Diego Lucia Pablo Kacper Zuzanna Hanna Jakub Maja Filip Lena Antoni"
)
FIRST = [*_FIRST_WORDS.split(), *SPELLED]
_LAST_WORDS = (
    "Peeters Janssens Maes Jacobs Mertens Willems Claes Goossens Wouters DeSmet Dubois Lambert Dupont Martens "
    "VanDamme Aerts Hermans Pauwels Michiels DeClercq Desmet Lemmens Thys Yılmaz Demir Kaya Öztürk ElAmrani "
    "Benali Bouzid Haddad Saidi Azzouzi Tahiri Popescu Ionescu Nowak Kowalski Ivanov Petrov Shevchenko Kovalenko "
    "Rossi Costa Silva Santos Garcia Lopez Haile Tesfaye Ahmadi Rahimi Hussein Abdi Warsame Nguyen Singh Kaur "
    "Okafor Mensah"
)
LAST = _LAST_WORDS.split()
TOWNS = {
    "9000": 30,
    "9030": 8,
    "9031": 4,
    "9032": 6,
    "9040": 12,
    "9041": 5,
    "9042": 3,
    "9050": 16,
    "9051": 6,
    "9052": 5,
}


_BEGIN = [
    "Jo",
    "Li",
    "Ma",
    "Re",
    "Sa",
    "Ta",
    "Vi",
    "Yo",
    "El",
    "Ka",
    "Ro",
    "De",
    "Fe",
    "Ha",
    "Io",
    "Ku",
    "Lo",
    "Mi",
    "Ne",
    "Pa",
    "Ri",
    "Su",
    "Ti",
    "Va",
    "We",
    "Xe",
    "Za",
    "Be",
    "Da",
    "Ge",
]
_END = [
    "na",
    "ro",
    "lien",
    "mir",
    "dan",
    "ra",
    "sha",
    "bel",
    "kov",
    "ven",
    "rick",
    "tje",
    "mon",
    "lise",
    "gard",
    "win",
    "nour",
    "dil",
    "fan",
    "zar",
]


@dataclass(frozen=True)
class Request:
    talk: int
    phone: str
    child: str
    parent: str
    birth: str
    postcode: str

    def answers(self) -> dict[str, str]:
        names = {"child_first_name": self.child, "parent_name": self.parent}
        return {"birth": self.birth, **{key: f"text:{name}" for key, name in names.items() if name}}


def register(chance: random.Random, many: int) -> tuple[list[Request], set[frozenset[int]]]:
    """So many requests, and the pairs of places that are for one child; as many a month as 20,000 in four years."""
    found: list[Request] = []
    pairs: set[frozenset[int]] = set()
    talks = 0
    while len(found) < many:
        talks += 1
        born = date(2022, 6, 1) + timedelta(days=chance.randrange(max(4 * 365 * many // 20_000, 60)))
        request = Request(
            talks, _phone(chance), _first(chance), _parent(chance), _birth(chance, born),
            chance.choices(list(TOWNS), list(TOWNS.values()))[0],
        )  # fmt: skip
        found.append(request)
        mine = len(found) - 1
        kind = chance.random()
        if kind < 0.02:  # twins, asked for together or apart
            apart = chance.random() < 0.3
            talks += apart
            found.append(replace(request, talk=talks, child=_first(chance)))
        elif kind < 0.14:  # an older or younger child, months or years later
            talks += 1
            other = born + timedelta(days=chance.choice([-1, 1]) * chance.randrange(300, 1100))
            found.append(replace(request, talk=talks, child=_first(chance), birth=_birth(chance, other)))
        elif kind < 0.24:
            talks += 1
            found.append(replace(_again(chance, request, born), talk=talks))
            pairs.add(frozenset({mine, len(found) - 1}))
    return found, pairs


def _again(chance: random.Random, first: Request, born: date) -> Request:
    """The same child once more, as it happens."""
    second = replace(first, child=_spelled(chance, first.child), parent=_spelled(chance, first.parent))
    match chance.choices(["same", "parent", "moved", "far", "number", "unborn"], [47, 8, 13, 3, 15, 14])[0]:
        case "parent":
            second = replace(second, phone=_phone(chance), parent=_parent(chance))
        case "moved":
            second = replace(second, postcode=chance.choice(list(TOWNS)))
        case "far":
            second = replace(second, postcode=chance.choice(list(TOWNS)), phone=_phone(chance))
        case "number":
            second = replace(second, phone=_phone(chance))
        case "unborn":
            due = born + timedelta(days=chance.randrange(-45, 30))
            second = replace(second, birth=f"due:{due:%Y-%m}", child="")
        case _:
            pass
    return second if second.birth.startswith("due:") else replace(second, birth=_as_known(chance, second.birth, born))


def _birth(chance: random.Random, born: date) -> str:
    return born.isoformat() if chance.random() < 0.65 else f"{born:%Y-%m}"


def _as_known(chance: random.Random, birth: str, born: date) -> str:
    """Told once more: the day or only the month, or an age from which the month is reckoned."""
    kind = chance.random()
    if kind < 0.1:
        about = born + timedelta(days=chance.randrange(-31, 31))
        return f"~{about:%Y-%m}"
    return _birth(chance, born) if kind < 0.4 else birth


def _phone(chance: random.Random) -> str:
    return f"+3247{chance.randrange(10**7):07d}"


def _first(chance: random.Random) -> str:
    """One of the common ones, or one of the many that few children have."""
    if chance.random() < 0.6:
        return chance.choice(FIRST)
    return chance.choice(_BEGIN) + chance.choice(_END)


def _parent(chance: random.Random) -> str:
    first = _first(chance)
    return first if chance.random() < 0.4 else f"{first} {chance.choice(LAST)}"


def _spelled(chance: random.Random, name: str) -> str:
    words = [chance.choice((word, *SPELLED.get(word, ()))) for word in name.split()]
    if len(words) > 1 and chance.random() < 0.3:
        words = words[:1] if chance.random() < 0.6 else words[::-1]
    return _mistyped(chance, " ".join(words)) if chance.random() < 0.2 else " ".join(words)


def _mistyped(chance: random.Random, name: str) -> str:
    if len(name) < 4:
        return name
    place = chance.randrange(1, len(name) - 1)
    match chance.randrange(4):
        case 0:
            return name[:place] + name[place + 1 :]
        case 1:
            return name[:place] + name[place] + name[place:]
        case 2:
            return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        case _:
            return name[:place] + chance.choice("aeinrst") + name[place + 1 :]


@dataclass(frozen=True)
class Found:
    """Of the second requests: how many found their first; how many candidates all requests together were shown."""

    pairs: int
    recall: float
    shown_per_pair: float
    missed: list[tuple[Request, Request]]


def measure(requests: list[Request], pairs: set[frozenset[int]]) -> Found:
    """Everybody is looked for when written, among those that were there: as `storage.merging.near` does."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    hits, shown, missed = 0, 0, []
    second = {max(pair): min(pair) for pair in pairs}
    every = [told(request.answers(), request.postcode) for request in requests]
    for place, mine in enumerate(requests):
        near = {each: mine.phone == requests[each].phone for way in _ways(mine) for each in places[way]
                if requests[each].talk != mine.talk}  # fmt: skip
        chosen = likely(
            every[place], [(Near(str(each), "", "", is_same), every[each]) for each, is_same in near.items()]
        )
        shown += len(chosen)
        if place in second:
            if str(second[place]) in {each.id for each, _ in chosen}:
                hits += 1
            else:
                missed.append((requests[second[place]], mine))
        month, name = birth_month(mine.birth), plain_name(f"text:{mine.parent or mine.child}")
        for way in ((mine.phone,), (month,), (month, mine.postcode), (month, name)):
            places[way].append(place)
    return Found(len(pairs), hits / len(pairs), shown / len(pairs), missed)


def _ways(mine: Request) -> Iterator[tuple[str, ...]]:
    """As `storage.merging.near` looks: by number, by month, by age and town, by age and name."""
    month, name = birth_month(mine.birth), plain_name(f"text:{mine.parent or mine.child}")
    yield (mine.phone,)
    yield (month,)
    for each in months_around(month):
        yield (each, mine.postcode)
        yield (each, name)


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    began = time.perf_counter()
    found = measure(*register(random.Random(7), many))
    print(
        f"{many:,} requests, {found.pairs:,} pairs: recall {found.recall:.4f} (goal ≥ 0.98), "
        f"{found.shown_per_pair:.2f} candidates per pair (goal ≤ 2), {time.perf_counter() - began:.0f} s"
    )
    for first, other in found.missed[:12]:
        print("  missed", first, other, sep="\n    ")


if __name__ == "__main__":
    main()
