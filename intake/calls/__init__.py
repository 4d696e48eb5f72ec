"""Calls: each request of the provider is one turn of the conversation, answered with what is said next.

A call is one more way into the same conversation. Its words are kept with it, so that a request that comes twice is
answered with the same bytes, and one that comes late changes nothing. `requests` is what the routes call; `caller` is
one call at work.
"""

from intake.calls.requests import announce, answer, apology, hang_up, keep_recording, owe_after_fault, ring

__all__ = ["announce", "answer", "apology", "hang_up", "keep_recording", "owe_after_fault", "ring"]
