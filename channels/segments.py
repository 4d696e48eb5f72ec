"""How many SMS segments a text takes: GSM 03.38 (160 letters, 153 when several) or UCS-2 (70, 67)."""

import unicodedata

_STROKES = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE"}
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two places
_GSM = _BASIC | _EXTENDED
_LOOK_ALIKES = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
     "\u00a0": " ", "\u202f": " ", "\u2011": "-", "\t": " "}
)  # fmt: skip


def is_gsm(text: str) -> bool:
    """Whether every letter stands in the GSM 03.38 tables."""
    return _GSM.issuperset(text)


def to_gsm(text: str) -> str:
    """Typographic quotes, dashes and spaces as their plain look-alikes; letters stay as they are."""
    return text.translate(_LOOK_ALIKES)


def plainly(text: str) -> str:
    """Latin letters outside the tables without their marks, as people text them: one ş costs a message half its room.

    Letters that have no plain form (Arabic, Cyrillic …) stay. Not for names: those are written as they are.
    """
    plain = to_gsm(text)
    if is_gsm(plain):
        return plain
    return "".join(letter if letter in _GSM else _without_marks(letter) for letter in plain)


def _without_marks(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", _STROKES.get(letter, letter))
    base = "".join(each for each in plain if not unicodedata.combining(each))
    return base if _BASIC.issuperset(base) else letter


def segments(text: str) -> int:
    """How many segments the network makes of it; 0 for an empty text.

    What takes two places (an extended letter, a letter outside the basic plane) never stands half in one segment.
    """
    gsm = is_gsm(text)
    single, several = (160, 153) if gsm else (70, 67)
    wide = sum(map(text.count, _EXTENDED)) if gsm else sum(map("\uffff".__lt__, text))
    if len(text) + wide <= single:
        return 1 if text else 0
    if not wide:
        return -(-len(text) // several)
    count, used = 1, 0
    for letter in text:
        width = 1 + (letter in _EXTENDED if gsm else letter > "\uffff")
        if used + width > several:
            count, used = count + 1, 0
        used += width
    return count
