"""Messaging apps: each prompt whole, in its own letters; choices as a numbered list, or as buttons to press.

Numbers stand on the buttons too: who types one is understood, and "send 1, 2 or 3" stays true.
"""

from collections.abc import Iterator, Sequence

from channels.base import SHARE_NUMBER, Body, Button, button_data
from flows.events import Prompt
from flows.wording import Wording


def render_list(prompts: Sequence[Prompt], language: str, wording: Wording) -> tuple[Body, ...]:
    """One message: every choice on a line of its own."""
    lines = (line for prompt in prompts for line in _lines(prompt, language, wording))
    text = "\n".join(lines)
    return (Body(text),) if text else ()


def render_buttons(prompts: Sequence[Prompt], language: str, wording: Wording) -> tuple[Body, ...]:
    """One message; the choices of what is asked hang under it. Where several may be chosen they are typed."""
    lines, buttons = list[str](), list[Button]()
    for prompt in prompts:
        if wording.takes_number(prompt.question):
            buttons.append(Button(wording.text(Prompt("chat.share_number"), language), SHARE_NUMBER))
        if prompt.choices and prompt.question and not wording.takes_several(prompt.question):
            lines.append(wording.text(prompt, language))
            buttons += _buttons(prompt, language, wording)
        else:
            lines += _lines(prompt, language, wording)
    text = "\n".join(lines)
    return (Body(text, buttons=tuple(buttons)),) if text else ()


def body(text: str) -> Body:
    """A text that somebody wrote, as it goes out."""
    return Body(text)


def _lines(prompt: Prompt, language: str, wording: Wording) -> Iterator[str]:
    yield wording.text(prompt, language)
    for choice in prompt.choices:
        yield f"{choice.number} {wording.choice(prompt, choice, language)}"


def _buttons(prompt: Prompt, language: str, wording: Wording) -> Iterator[Button]:
    for choice in prompt.choices:
        label = f"{choice.number} {wording.choice(prompt, choice, language)}"
        yield Button(label, button_data(prompt.question, choice.id))
