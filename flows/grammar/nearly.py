"""Known words that are one slip of the finger away: a letter wrong, missing or too many, or two neighbours swapped."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

_SHORTEST = 5  # letters: shorter words are too easily another word
_LAST = "\U0010ffff"  # sorts after every letter


class Nearly:
    """Finds them by how they begin or how they end: one slip leaves one of the halves as it is.

    Every spelling with a letter less would be found sooner, and take a dozen times the memory.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(each for each in words if len(each) >= _SHORTEST)
        self._backward = sorted(each[::-1] for each in self._words)

    def find(self, typed: str) -> set[str]:
        """Those that may be meant by what somebody typed; the word itself is none of them."""
        if len(typed) < _SHORTEST:
            return set()
        half = (max(len(typed) - 1, _SHORTEST) - 1) // 2
        found = _that_begin(self._words, typed[:half], len(typed))
        found += [each[::-1] for each in _that_begin(self._backward, typed[: -half - 1 : -1], len(typed))]
        return {each for each in found if is_one_slip(typed, each)}


def is_one_slip(word: str, other: str) -> bool:
    """One letter wrong, missing or too many, or two neighbours swapped."""
    letters = enumerate(zip(word, other, strict=False))
    shared = next((place for place, (one, two) in letters if one != two), min(len(word), len(other)))
    left, right = word[shared:], other[shared:]
    if not left or not right:
        return len(left) + len(right) == 1
    is_swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or is_swapped


def _that_begin(words: Sequence[str], start: str, length: int) -> list[str]:
    """Of about this length."""
    begin, end = bisect_left(words, start), bisect_left(words, start + _LAST)
    return [each for each in words[begin:end] if -1 <= len(each) - length <= 1]
