"""Whether a TwiML document is one: its grammar is read off the official SDK, nothing of it is written down here.

Which verbs a verb may hold: those its class has methods for. Which attributes: the parameters of that method. Which
voices and languages: the lists in the types of Twilio's own npm package, where it is installed.
"""

import inspect
import re
import sys
import threading
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twilio.twiml import voice_response

_TYPES = Path(__file__).parent / "counterparts/node_modules/twilio/lib/twiml/VoiceResponse.d.ts"
_LONGEST_SAY = 4500  # characters, URL-encoded
_lock = threading.Lock()


def check(document: str) -> list[str]:
    """What is wrong with a document; [] when nothing is."""
    with _lock:  # reading source is not safe in several threads
        return list(_faults(ET.fromstring(document), voice_response.VoiceResponse, "Response"))


def _faults(element: ET.Element, verb: type, path: str) -> Any:
    possible = _children(verb)
    for child in element:
        here = f"{path}/{child.tag}"
        if child.tag not in possible:
            yield f"{here} may not stand there"
            continue
        kind, method = possible[child.tag]
        known = _attributes(kind, method)
        for name, value in child.attrib.items():
            if name not in known:
                yield f"{here} has no attribute {name}"
            elif value not in _values().get((child.tag, name), (value,)):
                yield f"{here}: {name} cannot be {value}"
        if child.tag == "Say" and len(quote(child.text or "")) > _LONGEST_SAY:
            yield f"{here} says too much at once"
        yield from _faults(child, kind, here)


@cache
def _children(verb: type) -> dict[str, tuple[type, Any]]:
    found = {}
    for name, method in inspect.getmembers(verb, inspect.isfunction):
        is_general = name in ("nest", "append", "add_child", "add_text", "comment", "to_xml") or name.startswith("_")
        made = None if is_general else re.search(r"self\.nest\(\s*(\w+)\(", inspect.getsource(method))
        if made:
            kind = getattr(sys.modules[verb.__module__], made[1])
            tag = re.search(r'self\.name = "(.+?)"', inspect.getsource(kind))
            assert tag, f"the SDK names {kind} in another way now"
            found[tag[1]] = (kind, method)
    return found


@cache
def _attributes(kind: type, method: Any) -> frozenset[str]:
    own = set(inspect.signature(method).parameters) - set(inspect.signature(kind.__init__).parameters)
    return frozenset(_camel(name) for name in own - {"self", "kwargs"})


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(each.title() for each in rest)


@cache
def _values() -> dict[tuple[str, str], frozenset[str]]:
    if not _TYPES.exists():
        return {}
    text = _TYPES.read_text(encoding="utf-8")

    def listed(name: str) -> frozenset[str]:
        found = re.search(rf"type {name} = ([^;]+);", text)
        assert found, f"Twilio's types have no {name} any more"
        return frozenset(re.findall(r'"([^"]+)"', found[1]))

    return {("Gather", "language"): listed("GatherLanguage"), ("Say", "voice"): listed("SayVoice")}
