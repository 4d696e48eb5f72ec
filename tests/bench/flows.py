"""Our questions as a Flow (FLOIP, flowinterop.org), for another engine to run: `@floip/flow-runner` of Viamo, on Node.

The texts and the choices come from our form. Where a family chooses there, it chooses here; what we read from its words
(a month, a town, several hours) is a text there, kept as it is.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from flows.form import Form

_ASKED = ("purpose", "birth", "place", "start", "continue", "contact", "contact_time", "urgent_reason", "extended",
          "parent_name", "support", "summary", "another_child")  # fmt: skip
_RUNNER = Path(__file__).with_name("flow_runner.cjs")


def turns_a_second(form: Form, answers: tuple[str, ...], families: int) -> float | None:
    """`answers`: the first one begins. None where Node or the package is missing."""
    node, package = shutil.which("node"), Path(__file__).parents[1] / "counterparts/node_modules/@floip/flow-runner"
    if node is None or not package.exists():
        return None
    given = json.dumps({**flow_of(form), "answers": _chosen(form, answers[1:]), "families": families})
    return float(subprocess.run([node, _RUNNER], input=given, capture_output=True, text=True, check=True).stdout)


def flow_of(form: Form) -> dict[str, Any]:
    """Blocks, each leading to the next, and the texts they name."""
    blocks: list[dict[str, Any]] = []
    resources: list[dict[str, Any]] = []
    for place, key in enumerate(_ASKED):
        question = form.question(key)
        after = _ASKED[place + 1] if place + 1 < len(_ASKED) else None
        resources.append(_resource(key, form.dutch[key]))
        config: dict[str, Any] = {"prompt": key}
        if question.kind in ("choice", "yes_no"):
            config["choices"] = {option.id: f"{key}.{option.id}" for option in question.options}
            resources += [
                _resource(f"{key}.{option.id}", form.dutch[f"{key}.{option.id}"]) for option in question.options
            ]
        blocks.append(
            {
                "uuid": key, "name": key, "config": config, "exits": [
                    {"uuid": f"{key}-exit", "name": "next", "default": True, "destination_block": after}
                ],
                "type": f"MobilePrimitives.{'SelectOneResponse' if 'choices' in config else 'OpenResponse'}",
            }
        )  # fmt: skip
    return {"blocks": blocks, "resources": resources}


def _resource(key: str, text: str) -> dict[str, Any]:
    value = {"language_id": "nl", "content_type": "TEXT", "modes": ["SMS"], "value": text}
    return {"uuid": key, "values": [value]}


def _chosen(form: Form, answers: tuple[str, ...]) -> list[str]:
    """What a family types becomes the name of its choice, as a host of the runner must make of it."""
    found = []
    for key, text in zip(_ASKED, answers, strict=True):
        question = form.question(key)
        if question.kind in ("choice", "yes_no"):
            numbers = [option.number or str(place) for place, option in enumerate(question.options, 1)]
            text = question.options[numbers.index(text)].id
        found.append(text)
    return found
