"""Sealing: what a family tells us stands in the database only encrypted, each value bound to its place.

AES-256-GCM (NIST SP 800-38D). Every family has a data key of its own, wrapped by a master key that can be rotated:
erasing that key erases the family, also in backups. What must be found again has a blind index (keyed HMAC-SHA-256).
"""

import base64
import hmac
import json
import os
import secrets
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_WRAP = b"family key"
_CIPHERS = 512  # 2.6 KB each, and made anew in 20 µs: enough for the families of one moment and their desks


class KeysProblem(Exception):
    """The keys file is missing or wrong, or something was sealed with keys we do not have. One sentence."""


class Keys:
    """The keys of one installation. Losing the file loses everything that is sealed: back it up apart."""

    def __init__(
        self, current: str, masters: dict[str, bytes], index: bytes, installation: bytes, path: Path
    ) -> None:  # fmt: skip
        self._path, self._changed = path, path.stat().st_mtime_ns
        self._current, self._masters, self._index = current, masters, index
        self.installation = self._wrap(installation)
        self._unwrapped = lru_cache(maxsize=_CIPHERS)(self._unwrap)

    @classmethod
    def create(cls, path: Path) -> "Keys":
        """New keys in a new file that only its owner can read. Raises `FileExistsError`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "current": "1",
            "masters": {"1": _text(secrets.token_bytes(32))},
            "index": _text(secrets.token_bytes(32)),
            "installation": _text(secrets.token_bytes(32)),
        }
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> "Keys":
        """Raises `KeysProblem`."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            masters = {name: base64.b64decode(key, validate=True) for name, key in content["masters"].items()}
            index, installation = (base64.b64decode(content[name], validate=True) for name in ("index", "installation"))
            if any(len(key) != 32 for key in (*masters.values(), index, installation)):
                raise ValueError
            return cls(content["current"], masters, index, installation, path)
        except FileNotFoundError:
            raise KeysProblem(f"the keys file {path} does not exist: run `intake migrate`, or restore it") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeysProblem(f"the keys file {path} is damaged: restore it from its backup") from None

    @classmethod
    def add_master(cls, path: Path) -> "Keys":
        """One master key more, from now on the current one; the others still open what they closed."""
        cls.load(path)  # raises before anything is written
        content = json.loads(path.read_text(encoding="utf-8"))
        name = str(max(map(int, content["masters"])) + 1)
        content["masters"][name], content["current"] = _text(secrets.token_bytes(32)), name
        _replace(path, content)
        return cls.load(path)

    @classmethod
    def forget_masters(cls, path: Path, used: Iterable[str]) -> tuple[str, ...]:
        """Take away the master keys that close nothing any more; their names."""
        content = json.loads(path.read_text(encoding="utf-8"))
        gone = tuple(name for name in content["masters"] if name != content["current"] and name not in set(used))
        if gone:
            content["masters"] = {name: key for name, key in content["masters"].items() if name not in gone}
            _replace(path, content)
        return gone

    @property
    def current(self) -> str:
        """The name of the master key that closes new data keys."""
        return self._current

    def rewrap(self, wrapped: bytes) -> bytes:
        """The same data key, closed by the current master key."""
        return wrapped if master_of(wrapped) == self._current else self._wrap(self._plain(wrapped))

    def new_key(self) -> bytes:
        """A data key, wrapped: what stands in the row of a family or a desk."""
        return self._wrap(secrets.token_bytes(32))

    def seal(self, key: bytes, table: str, column: str, row: str, value: str) -> bytes:
        """`value` encrypted with the wrapped `key`, readable only at this place."""
        return self.seal_bytes(key, table, column, row, value.encode())

    def seal_bytes(self, key: bytes, table: str, column: str, row: str, value: bytes) -> bytes:
        """The same for what is no text: sound."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._unwrapped(key).encrypt(nonce, value, _place(table, column, row))

    def open(self, key: bytes, table: str, column: str, row: str, sealed: bytes) -> str:
        """Raises `KeysProblem` when the value was moved, changed or sealed with another key."""
        return self.open_bytes(key, table, column, row, sealed).decode()

    def open_bytes(self, key: bytes, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """The same for what is no text."""
        try:
            return self._unwrapped(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(table, column, row))
        except (InvalidTag, ValueError):  # the last: too short to be one
            raise KeysProblem(f"{table}.{column} of row {row} cannot be opened with these keys") from None

    def opener(self, key: bytes, table: str, column: str) -> Callable[[str, bytes], str]:
        """`open` for many rows of one key, in half the time: (row, sealed) -> text."""
        cipher, place = self._unwrapped(key), f"{table}.{column}:"

        def opened(row: str, sealed: bytes) -> str:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], (place + row).encode()).decode()
            except (InvalidTag, ValueError):
                raise KeysProblem(f"{place}{row} cannot be opened with these keys") from None

        return opened

    def blind(self, purpose: str, value: str) -> str:
        """Equal values of one purpose have equal indexes; nothing else can be told from them. 32 hex digits."""
        return hmac.digest(self._index, f"{purpose}\0{value}".encode(), "sha256").hex()[:32]

    def _wrap(self, key: bytes) -> bytes:
        if self._path.stat().st_mtime_ns != self._changed:
            self._read_again()  # nothing is closed by a master key that is on its way out
        nonce = secrets.token_bytes(_NONCE)
        name = self._current.encode()
        wrapped = _cipher(self._masters[self._current]).encrypt(nonce, key, _WRAP)
        return bytes([len(name)]) + name + nonce + wrapped

    def _unwrap(self, wrapped: bytes) -> AESGCM:
        return AESGCM(self._plain(wrapped))

    def _plain(self, wrapped: bytes) -> bytes:
        end = 1 + wrapped[0]
        name, nonce, body = wrapped[1:end].decode(), wrapped[end : end + _NONCE], wrapped[end + _NONCE :]
        if name not in self._masters:
            self._read_again()  # another process added one
        if name not in self._masters:
            raise KeysProblem(f"the master key {name} is not in the keys file: restore it from its backup")
        try:
            return _cipher(self._masters[name]).decrypt(nonce, body, _WRAP)
        except InvalidTag:
            raise KeysProblem(f"the master key {name} is not the one that was used: restore the keys file") from None

    def _read_again(self) -> None:
        found = Keys.load(self._path)
        self._masters, self._current = {**self._masters, **found._masters}, found._current
        self._changed = found._changed


def master_of(wrapped: bytes) -> str:
    """The name of the master key that closed this data key."""
    return wrapped[1 : 1 + wrapped[0]].decode()


def _replace(path: Path, content: dict[str, Any]) -> None:
    """The keys file, whole or not at all: a machine may stop in the middle."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


@lru_cache(maxsize=8)
def _cipher(master: bytes) -> AESGCM:
    return AESGCM(master)


def _place(table: str, column: str, row: str) -> bytes:
    return f"{table}.{column}:{row}".encode()


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
