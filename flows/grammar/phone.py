"""A number to call back on."""

import re

from flows.grammar.normalise import normalise

_WRITTEN = re.compile(r"\+32(?:4[0-9]{8}|[1-9][0-9]{7})")  # as we keep it already
_NUMBER = re.compile(r"(?:\+|00)?\d[\d\s./()-]{6,22}\d")


_MOBILE = ("+324", "+316", "+336", "+337", "+3526", "+4915", "+4916", "+4917")


def is_mobile(number: str) -> bool:
    """Whether text messages arrive there. Source: the numbering plans of Belgium and its neighbours."""
    return number.startswith(_MOBILE)


def read_phone(text: str) -> str | None:
    """E.164, "+32470000001", for a Belgian or an international number; None when there is none or more than one.

    Source: the Belgian numbering plan; E.164 allows fifteen digits.
    """
    if _WRITTEN.fullmatch(text):
        return text
    found = [match[0] for match in _NUMBER.finditer(normalise(text).replace("(0)", ""))]
    if len(found) != 1:
        return None
    digits = re.sub(r"\D", "", found[0])
    if found[0].startswith("+"):
        pass
    elif digits.startswith("00"):
        digits = digits[2:]
    elif re.fullmatch(r"0(?:4\d{8}|[1-9]\d{7})", digits):
        digits = f"32{digits[1:]}"
    elif re.fullmatch(r"4\d{8}", digits):
        digits = f"32{digits}"
    else:
        return None
    if digits.startswith("32") and not re.fullmatch(r"32(?:4\d{8}|[1-9]\d{7})", digits):
        return None
    return f"+{digits}" if 8 <= len(digits) <= 15 and not digits.startswith("0") else None
