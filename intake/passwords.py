"""Which passwords are taken: long ones that do not stand on a list (NIST SP 800-63B: length, no rules of signs)."""

import unicodedata

from intake.desk import DeskError
from storage.staff import SHORTEST_PASSWORD

_LONGEST = 200  # characters
_COMMON = frozenset(  # the commonest of 12 signs and more in lists that leaked, and the ones of our trade
    """
    123456789012 1234567890123 12345678901234 123456789012345 1234567890123456 012345678901 098765432109
    qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiop[] azertyuiop12 azertyuiop123 azertyuiopqs 1q2w3e4r5t6y
    1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5y6 qazwsxedcrfv zaq12wsxcde3 asdfghjkl123 zxcvbnm12345 abcdefghijkl
    abcd12345678 abc123456789 password1234 password12345 password123456 passwordpassword mypassword123
    welkom123456 welkom012345 welkom202412 welkom202512 welkom202612 wachtwoord12 wachtwoord123 wachtwoord1234
    wachtwoord01 wachtwoord12! mijnwachtwoord geenwachtwoord changemenow1 administrator administrator1
    beheerder123 letmeinplease letmein12345 welcome12345 welcome123456 iloveyou1234 iloveyou12345 superman1234
    football1234 liverpool123 opvanglijn12 opvanglijn123 opvanglijn1234 kinderopvang kinderopvang1 kinderopvang12
    kinderopvang123 lokaalloket1 lokaalloket12 lokaalloket123 correcthorsebatterystaple correct horse battery staple
    """.split()  # noqa: SIM905
)


def check(password: str, repeated: str, username: str) -> None:
    """Raises `DeskError` with a sentence that says what to choose instead."""
    if password != repeated:
        raise DeskError(422, "The two passwords differ. Write the same one twice.")
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST:
        raise DeskError(422, "Choose a password of at least 12 characters, at most 200.")
    plain = unicodedata.normalize("NFKC", password).casefold()
    is_easy = plain in _COMMON or plain.replace(" ", "") in _COMMON or len(set(plain)) < 5
    if is_easy or username in (plain, plain.rstrip("0123456789!")):
        raise DeskError(422, "This password is easy to guess. Choose another one: a sentence is easy to remember.")
