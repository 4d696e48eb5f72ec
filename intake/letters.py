"""The words of mails, each in the language of its reader. Nothing of a family stands in any of them.

Plain text, short lines, the address of a page on a line of its own.
"""

from collections.abc import Callable

from channels.mail import Letter
from locales import desk as words
from storage.staff import INVITATION

Say = Callable[..., str]


def in_language(language: str) -> Say:
    """Translates a sentence, then fills it in: `said("Dag %(name)s", name=…)`."""
    catalogue = words.load(language if language in words.languages() else "nl")

    def said(text: str, **values: object) -> str:
        translated = catalogue.gettext(text)
        return translated % values if values else translated

    return said


def link(language: str, to: str, address: str, username: str) -> Letter:
    """With which a colleague chooses a password."""
    said = in_language(language)
    lines = (
        said("With this link you choose a password for your account %(name)s.", name=username),
        said("It works once, for %(days)s days.", days=INVITATION.days),
        "",
        address,
        "",
        said("Did you expect no such mail? Then do nothing, and tell your coordinator."),
    )
    return Letter(to, said("Your account at the childcare desk"), "\n".join(lines) + "\n")
