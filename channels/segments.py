"""How many SMS segments a text takes: GSM 03.38 (160 letters, 153 when several) or UCS-2 (70, 67)."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two places
_LOOK_ALIKES = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...",
     "\u00a0": " ", "\u202f": " ", "\u2011": "-", "\t": " "}
)  # fmt: skip


def is_gsm(text: str) -> bool:
    """Whether every letter stands in the GSM 03.38 tables."""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def to_gsm(text: str) -> str:
    """Typographic quotes, dashes and spaces as their plain look-alikes; letters stay as they are."""
    return text.translate(_LOOK_ALIKES)


def segments(text: str) -> int:
    """How many segments the network makes of it; 0 for an empty text.

    What takes two places (an extended letter, a letter outside the basic plane) never stands half in one segment.
    """
    gsm = is_gsm(text)
    widths = [_width(letter, gsm=gsm) for letter in text]
    single, several = (160, 153) if gsm else (70, 67)
    if sum(widths) <= single:
        return 1 if text else 0
    count, used = 1, 0
    for width in widths:
        if used + width > several:
            count, used = count + 1, 0
        used += width
    return count


def _width(letter: str, *, gsm: bool) -> int:
    return 1 + (letter in _EXTENDED if gsm else ord(letter) > 0xFFFF)
