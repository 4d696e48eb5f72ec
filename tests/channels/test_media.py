"""What families send is what it is by its content; a picture is drawn anew and tells nothing beside itself."""

import io
import struct
import zlib

import pytest
from PIL import Image

from channels.base import SendError
from channels.media import checked
from channels.simulated_call import tone


def picture(kind: str, size: tuple[int, int] = (64, 48), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def with_position() -> bytes:
    """A JPEG as a phone makes it: on its side, with where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Phone of somebody"
    exif.get_ifd(0x8825)[2] = (51.0, 3.0, 0.0)
    return picture("JPEG", exif=exif.tobytes())


def pixel_bomb(side: int = 30_000) -> bytes:
    """A PNG that says that it is huge, in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_a_jpeg(kind: str) -> None:
    content, media_type = checked(picture(kind))
    assert media_type == "image/jpeg" and Image.open(io.BytesIO(content)).format == "JPEG"


def test_where_a_picture_was_taken_is_not_kept_and_it_stands_upright() -> None:
    given = with_position()
    assert b"Phone of somebody" in given
    content, _ = checked(given)
    kept = Image.open(io.BytesIO(content))
    assert not dict(kept.getexif()) and b"Phone of somebody" not in content
    assert kept.size == (48, 64)


def test_a_large_picture_becomes_small() -> None:
    content, _ = checked(picture("JPEG", (4000, 3000)))
    assert max(Image.open(io.BytesIO(content)).size) == 1600


@pytest.mark.parametrize(
    ("content", "kind"),
    [(tone(), "audio/wav"), (b"OggS" + b"0" * 60, "audio/ogg"), (b"ID3" + b"0" * 60, "audio/mpeg"),
     (b"\0\0\0 ftypM4A " + b"0" * 60, "audio/mp4"), (b"#!AMR\n", "audio/amr")],
)  # fmt: skip
def test_a_sound_stays_as_it_is(content: bytes, kind: str) -> None:
    assert checked(content) == (content, kind)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"<html><script>alert(1)</script>", "no_media"), (b"", "no_media"), (b"%PDF-1.7", "no_media"),
     (picture("GIF"), "no_media"), (picture("JPEG")[:200], "no_media"), (b"\x89PNG\r\n\x1a\n" + b"x" * 40, "no_media"),
     (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no_media"), (pixel_bomb(), "no_media"), (pixel_bomb(7000), "too_large")],
)  # fmt: skip
def test_anything_else_is_not_kept(content: bytes, code: str) -> None:
    with pytest.raises(SendError) as refused:
        checked(content)
    assert refused.value.code == code
