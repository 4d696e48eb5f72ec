"""Charts, drawn here as SVG without a script or a style in them: what stands in the table beside, to be seen at once.

Widths are per cent and heights pixels, so that letters stay readable on any screen and on paper; colours are the
style sheet's, light, dark and printed. A whole is an outlined bar, its part the filled piece of it: no colour is needed
to tell them apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

_ROW, _BAR = 44, 16  # of a lying bar: the height of its line, and its own
_LONGEST = 66  # per cent of the width: behind it stands the number
_HIGH, _TOP, _FOOT = 132, 34, 24  # of a standing one: the highest, and the room above and under it
_WIDTH = 0.62  # of a column, as a share of its place

_SVG = Markup(
    '<svg class="chart" role="img" aria-labelledby="{id}-title {id}-told" width="100%" height="{height}">'
    '<title id="{id}-title">{title}</title><desc id="{id}-told">{told}</desc>{drawn}</svg>'
)
_RECT = Markup('<rect class="{look}" x="{x}%" y="{y}" width="{width}%" height="{height}" rx="2"/>')
_TEXT = Markup('<text class="{look}" x="{x}%" y="{y}"{more}>{text}</text>')
_LINE = Markup('<line class="{look}" x1="{left}%" x2="{right}%" y1="{top}" y2="{bottom}"/>')


@dataclass(frozen=True)
class Bar:
    """`text`: its numbers in words; `part`: None where nothing is defined.

    `breaks`: what changed before it, drawn as a line; `name`: the label in full, where there is no room for it.
    """

    label: str
    whole: int
    part: int | None
    text: str
    breaks: str = ""
    name: str = ""


def lying(id_: str, title: str, bars: Sequence[Bar]) -> Markup:
    """One bar under the other, the name above each."""
    largest = max((bar.whole for bar in bars), default=0) or 1
    drawn = [piece for place, bar in enumerate(bars) for piece in _lying(bar, place * _ROW, largest)]
    return _svg(id_, title, bars, len(bars) * _ROW, drawn)


def standing(id_: str, title: str, bars: Sequence[Bar]) -> Markup:
    """One column beside the other, the name under each, and a line where what is counted changed."""
    largest, share = max((bar.whole for bar in bars), default=0) or 1, 100 / max(len(bars), 1)
    ground = _TOP + _HIGH
    drawn = [_LINE.format(look="ground", left=0, right=100, top=ground, bottom=ground)]
    for place, bar in enumerate(bars):
        drawn += _standing(bar, place * share, share, largest)
    return _svg(id_, title, bars, ground + _FOOT, drawn)


def _svg(id_: str, title: str, bars: Sequence[Bar], height: int, drawn: Iterable[Markup]) -> Markup:
    told = "; ".join(f"{bar.name or bar.label}: {bar.text}{f' ({bar.breaks})' if bar.breaks else ''}" for bar in bars)
    return _SVG.format(id=id_, title=title, told=told, height=height, drawn=Markup("").join(drawn))


def _lying(bar: Bar, top: int, largest: int) -> Iterator[Markup]:
    whole = _LONGEST * bar.whole / largest
    yield _TEXT.format(look="label", x=0, y=top + 13, more="", text=bar.label)
    if bar.whole:
        yield _RECT.format(look="whole", x=0, y=top + 19, width=f"{whole:.2f}", height=_BAR)
    if bar.part:
        part = f"{_LONGEST * bar.part / largest:.2f}"
        yield _RECT.format(look="part", x=0, y=top + 19, width=part, height=_BAR)
    yield _TEXT.format(look="value", x=f"{whole:.2f}", y=top + 32, more=Markup(' dx="8"'), text=bar.text)


def _standing(bar: Bar, left: float, share: float, largest: int) -> Iterator[Markup]:
    ground, width = _TOP + _HIGH, share * _WIDTH
    middle, edge = f"{left + share / 2:.2f}", f"{left + share * (1 - _WIDTH) / 2:.2f}"
    centred = Markup(' text-anchor="middle"')
    for look, count in (("whole", bar.whole), ("part", bar.part or 0)):
        high = _HIGH * count / largest
        if count:
            yield _RECT.format(look=look, x=edge, y=f"{ground - high:.1f}", width=f"{width:.2f}", height=f"{high:.1f}")
    above = f"{ground - _HIGH * bar.whole / largest - 6:.1f}"
    yield _TEXT.format(look="value", x=middle, y=above, more=centred, text=bar.whole)
    yield _TEXT.format(look="label", x=middle, y=ground + 17, more=centred, text=bar.label)
    if bar.breaks:
        yield _LINE.format(look="break", left=f"{left:.2f}", right=f"{left:.2f}", top=0, bottom=ground)
        yield _TEXT.format(look="value", x=f"{left:.2f}", y=11, more=Markup(' dx="5"'), text="≠")
