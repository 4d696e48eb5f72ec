"""A form with a file in it (multipart/form-data, RFC 7578), read in memory alone: what people send lies on no disk."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from intake.desk import DeskError
from intake.web.auth import check_origin, read_body
from intake.web.pages import Form

_MOST_FIELDS = 20
_UNREADABLE = "We could not read this form. Go back and try again."


@dataclass(frozen=True)
class Upload:
    """What a form sent. `content`: of its one file, empty when none was chosen."""

    form: Form
    content: bytes


async def uploaded(request: Request, largest: int) -> Upload:
    """Raises `DeskError`: too large (bytes), unreadable, or not from our page."""
    body = await read_body(request, largest)
    kind = request.headers.get("Content-Type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise DeskError(400, _UNREADABLE)
    found = await run_in_threadpool(_parts, kind, bytes(body))
    check_origin(request, found.form.get("csrf", ""))
    return found


def _parts(kind: str, body: bytes) -> Upload:
    from email import policy  # loads the grammar of every header of a mail

    head = b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n"
    whole = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    parts = cast(list[EmailMessage], list(whole.iter_parts()))
    form, content = dict[str, str](), b""
    if not 0 < len(parts) <= _MOST_FIELDS:
        raise DeskError(400, _UNREADABLE)
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(value, bytes):
            raise DeskError(400, _UNREADABLE)
        if part.get_filename() is not None:
            content = value
        else:
            form[name] = value.decode("utf-8", "replace").replace("\0", "").replace("\r\n", "\n")
    return Upload(form, content)
