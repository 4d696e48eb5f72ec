"""Pages packed (gzip) on their way, and tokens that are other letters in every page: no length gives them away.

Who listens on the line sees how long a packed page is, and that tells of its content when part of it is theirs to
choose (BREACH, CVE-2013-3587). So a page that another site led to goes out unpacked, as does one for a browser that
does not say who led to it (Fetch Metadata: every one of today does, over https). What is left is text that somebody
outside sends us; the only secret in a page, the token of its forms, is another one each time. See
docs/decisions/0017-packed-pages.md.
"""

import gzip
import secrets

from fastapi import Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_OUR_OWN = ("same-origin", "none")  # a page of ours, or the address bar
_LEAST = 600  # bytes: less fits in one packet anyway
_LEVEL = 5  # a page of 20 KiB in half a millisecond
VARY = "Accept-Encoding, Sec-Fetch-Site"
KEEP = "public, max-age=31536000, immutable"  # its address is another one when its content changes


def pack(request: Request, body: bytes) -> tuple[bytes, dict[str, str]]:
    """What goes out of it, and the headers that say so."""
    is_asked = "gzip" in request.headers.get("accept-encoding", "")
    if not is_asked or len(body) < _LEAST or request.headers.get("sec-fetch-site") not in _OUR_OWN:
        return body, {}
    return gzip.compress(body, _LEVEL, mtime=0), {"Content-Encoding": "gzip"}


def masked(token: str) -> str:
    """Other letters each time, of which `unmasked` makes the token (hexadecimal) again."""
    kept = bytes.fromhex(token)
    pad = secrets.token_bytes(len(kept))
    return (pad + _joined(pad, kept)).hex()


def unmasked(given: str) -> str:
    """The token that was masked; something else for what never was one."""
    try:
        sent = bytes.fromhex(given)
    except ValueError:
        return ""
    half = len(sent) // 2
    return _joined(sent[:half], sent[half : 2 * half]).hex()


def _joined(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


class Files(StaticFiles):
    """Our own style and scripts. They hold no secret, and are kept as long as their address stays."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if scope["query_string"]:
            answer.headers["Cache-Control"] = KEEP
        return answer


def files(folder: str) -> GZipMiddleware:
    """What is in the folder, packed for whoever takes it so."""
    return GZipMiddleware(Files(directory=folder), minimum_size=_LEAST)
