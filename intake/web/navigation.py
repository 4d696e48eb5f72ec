"""The links at the head of every page: what somebody needs all day in a row, the rest in menus by what it is for.

Who has few pages sees them all in a row; a menu of one page is that page.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass

_LABELS = {
    "queue": "Queue",
    "calls": "To call",
    "new": "Key in a request",
    "refer": "My families",
    "reports": "Counts",
    "texts": "Texts",
    "phrases": "Phrases",
    "translations": "Translations",
    "record": "Recordings",
    "desk": "Desk",
    "organisers": "Organisers",
    "interpreters": "Interpreters",
    "terms": "Answer times",
    "settings": "Settings",
    "people": "People",
    "audit": "Audit",
    "status": "State",
}
_ALL_DAY = (  # page, where, what one must be allowed to do
    ("queue", "/desk", "queue"),
    ("calls", "/desk/calls", "queue"),
    ("new", "/desk/new", "act"),
    ("refer", "/desk/refer", "refer"),
    ("reports", "/reports", "reports"),
)
_MENUS = (
    (
        "texts",
        (
            ("phrases", "/desk/phrases", "translate"),
            ("translations", "/desk/translations", "suggest"),
            ("record", "/desk/voice", "record"),
        ),
    ),
    (
        "desk",
        (
            ("organisers", "/desk/organisers", "act"),
            ("interpreters", "/desk/calls/interpreters", "act"),
            ("terms", "/desk/terms", "act"),
            ("settings", "/desk/settings", "settings"),
            ("people", "/desk/people", "people"),
            ("audit", "/desk/audit", "audit"),
            ("status", "/desk/status", "status"),
        ),
    ),
)
_FEW = 5  # pages that stand in a row, whatever they are for


@dataclass(frozen=True)
class Link:
    address: str
    label: str
    is_here: bool


@dataclass(frozen=True)
class Menu:
    """`is_here`: one of its pages is open."""

    label: str
    links: tuple[Link, ...]

    @property
    def is_here(self) -> bool:
        return any(link.is_here for link in self.links)


def of(may: Set[str], here: str) -> list[Link | Menu]:
    """What stands at the head for somebody who may do `may`, with the page `here` open. Labels are English."""
    row = list(_links(_ALL_DAY, may, here))
    menus = [Menu(_LABELS[name], tuple(_links(pages, may, here))) for name, pages in _MENUS]
    if len(row) + sum(len(menu.links) for menu in menus) <= _FEW:
        return [*row, *(link for menu in menus for link in menu.links)]
    return [*row, *(menu.links[0] if len(menu.links) == 1 else menu for menu in menus if menu.links)]


def label(address: str) -> str:
    """What the page at this address is called in a link, in English."""
    pages = (*_ALL_DAY, *(page for _, menu in _MENUS for page in menu))
    return next(_LABELS[name] for name, where, _ in pages if where == address)


def _links(pages: tuple[tuple[str, str, str], ...], may: Set[str], here: str) -> Iterator[Link]:
    for name, address, needed in pages:
        if needed in may:
            yield Link(address, _LABELS[name], name == here)
