"""Pictures and sounds that families send: what it really is, by its content, and nothing that could run or tell more.

A picture is drawn anew, smaller, without what the camera wrote beside it (where it was taken, whose it is).
"""

import io
import warnings

from channels.base import SendError

LARGEST = 16 * 1024 * 1024  # bytes; WhatsApp's own limit
_MOST_PIXELS = 40_000_000  # a good telephone's camera
_SIDE = 1600  # pixels: enough to read a letter
_SOUNDS = (  # how a file of each kind begins
    (b"OggS", 0, "audio/ogg"),  # RFC 3533
    (b"WAVE", 8, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"#!AMR", 0, "audio/amr"),  # RFC 4867
    (b"ftypM4A", 4, "audio/mp4"),
)
_PICTURES = ("JPEG", "PNG", "WEBP")
PICTURE = "image/jpeg"


def checked(content: bytes) -> tuple[bytes, str]:
    """What is kept, and its media type. Raises `SendError`: `no_media` for anything but a sound or a picture."""
    kind = next((kind for begins, at, kind in _SOUNDS if content[at : at + len(begins)] == begins), None)
    return (content, kind) if kind else (_drawn_anew(content), PICTURE)


def _drawn_anew(content: bytes) -> bytes:
    from PIL import Image, ImageOps  # heavy, and only a worker needs it

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=_PICTURES) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise SendError("too_large")
            picture.draft("RGB", (_SIDE, _SIDE))  # a large JPEG is opened small
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((_SIDE, _SIDE))
            out = io.BytesIO()
            upright.convert("RGB").save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        raise SendError("no_media") from None
    return out.getvalue()
