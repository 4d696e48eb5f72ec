"""SMS: prompts as texts with numbered options, as few messages as fit, each whole in itself."""

from collections.abc import Iterator, Sequence

from channels.base import Body
from channels.segments import is_gsm, plainly, segments, to_gsm
from flows.events import Prompt
from flows.wording import Spell, Wording, as_it_is


def render(prompts: Sequence[Prompt], language: str, wording: Wording) -> tuple[Body, ...]:
    """The messages to send, in order. Prompts share a message while it stays one segment (two in UCS-2)."""
    bodies: list[str] = []
    spell = plainly if wording.is_plain(language) else as_it_is
    for part in (to_gsm(_text(prompt, language, wording, spell)) for prompt in prompts):
        joined = f"{bodies[-1]}\n{part}" if bodies else part
        if bodies and _fits(joined):
            bodies[-1] = joined
        else:
            bodies.append(part)
    return tuple(Body(text, segments(text)) for text in bodies)


def body(text: str) -> Body:
    """A text that somebody wrote, as it goes out."""
    plain = to_gsm(text)
    return Body(plain, segments(plain))


def _fits(text: str) -> bool:
    return segments(text) <= (1 if is_gsm(text) else 2)


def _text(prompt: Prompt, language: str, wording: Wording, spell: Spell) -> str:
    return "\n".join((wording.text(prompt, language, spell), *_options(prompt, language, wording, spell)))


def _options(prompt: Prompt, language: str, wording: Wording, spell: Spell) -> Iterator[str]:
    for choice in prompt.choices:
        yield f"{choice.number} {wording.choice(prompt, choice, language, spell)}"
