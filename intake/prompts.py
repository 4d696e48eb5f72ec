"""Prompts and buttons as they are kept beside what went out: read in Dutch at the desk, heard by a family."""

import json
from collections.abc import Iterable
from dataclasses import astuple

from pydantic_core import to_json

from channels.base import Button
from flows.events import Choice, Entry, Prompt


def dump_buttons(buttons: Iterable[Button]) -> str | None:
    """Buttons as they are kept with their message; None where there are none."""
    return json.dumps([(each.label, each.data) for each in buttons]) if buttons else None


def dump_prompts(prompts: Iterable[Prompt]) -> str:
    """Prompts as they are kept beside the text that went out, for the desk to read in Dutch."""
    return to_json(
        [
            {
                "key": prompt.key, "values": prompt.values, "question": prompt.question,
                "choices": [{"number": choice.number, "id": choice.id} for choice in prompt.choices],
                **({"entry": astuple(prompt.entry)} if prompt.entry else {}),
            }
            for prompt in prompts
        ]
    ).decode()  # fmt: skip


def load_prompts(kept: str | None) -> tuple[Prompt, ...]:
    """What `dump_prompts` kept."""
    return tuple(
        Prompt(
            raw["key"], tuple((name, value) for name, value in raw["values"]),
            tuple(Choice(each["number"], each["id"]) for each in raw["choices"]), raw["question"],
            Entry(*raw["entry"]) if "entry" in raw else None,
        )
        for raw in json.loads(kept or "[]")
    )  # fmt: skip
