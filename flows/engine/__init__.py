"""The engine: VoiceXML's form interpretation algorithm as one pure function.

`step` takes a State and an Event to the next State and the Effects to carry out. A turn walks down these files:
`step` (which event) → `answering` (what was said) → `commands`, `asides` (what can be said at any moment, what is
asked outside the order), `following` (what we ask months later) → `moving` (on, back, anew) → `closing` (the end),
`registering`, `informing` (who only has a question), `asking` (prompts) → `order` (which question is next) → `turn`
(the step at work).
"""

from flows.engine.correcting import needless, read_correction
from flows.engine.step import start, step

__all__ = ["needless", "read_correction", "start", "step"]
