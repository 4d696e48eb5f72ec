"""What the `language` commands print: one line for each thing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows import form as forms
from flows.desk import SOURCE
from flows.form import Form
from intake import service, suggestions, translations
from intake.installation import ROOT
from intake.language_check import faults
from intake.language_cost import cost
from intake.set_up import WrongSetUp
from intake.settings import Settings
from locales import catalogue, cldr, languages
from locales import desk as pages
from locales.catalogue import REVIEWS, Catalogues
from storage import desks
from storage.keys import KeysProblem

FOLDER = ROOT / "locales"


def listed(settings: Settings) -> Iterator[str]:
    """Code, own name, state of its texts, desks."""
    form, at = _form(), _desks(settings)
    for code, language in languages.load().items():
        where = f"on at {', '.join(at[code])}" if at.get(code) else "not on at any desk"
        if code == SOURCE:
            yield f"{code}\t{language.name}\tthe source of every text\t{where}"
            continue
        if language.only_spoken:
            yield f"{code}\t{language.name}\tonly spoken: recordings, no texts\t{where}"
            continue
        found = catalogue.read(FOLDER / code / catalogue.FILE, form.sources)
        states = Counter(found.review.values())
        said = [f"{len(found.review)} of {len(form.sources)} texts"]
        said += [f"{states[state]} {state}" for state in REVIEWS if states[state]]
        said += [f"{len(found.outdated)} out of date"] if found.outdated else []
        yield f"{code}\t{language.name}\t{', '.join(said)}\t{where}"


def checked(codes: Sequence[str]) -> list[str]:
    """Every fault: language, key, what is wrong."""
    form, known = _form(), languages.load()
    found = (fault for code in _known(codes) for fault in faults(FOLDER, form, known, code))
    return [" ".join(filter(None, (each.language, each.key, each.sentence))) for each in found]


def costs(codes: Sequence[str]) -> Iterator[str]:
    """Sends and segments of each language, as a table."""
    yield "language\tsends: counts, whole, longest\tsegments received: counts, whole, longest"
    known = languages.load()
    for code in _known(codes):
        if known[code].only_spoken:
            continue
        found = cost(known, code)
        yield f"{code}\t{_three(found.sends)}\t{_three(found.segments)}"


def updated() -> Iterator[str]:
    """What needs a translator after a change of the Dutch. How a language writes dates is copied anew."""
    form = _form()
    for code, language in languages.load().items():
        if not language.only_spoken:
            cldr.update(FOLDER / code / cldr.FILE, with_languages=code in pages.languages())
        if code != SOURCE and not language.only_spoken:
            left = catalogue.update(FOLDER / code / catalogue.FILE, form.sources)
            yield f"{code}\t{len(left)} texts to look at{f': {chr(32).join(left[:5])}' if left else ''}"


def exported(code: str, file: Path, format: str) -> int:
    """How many texts were written."""
    _known([code], translated=True)
    return translations.export(FOLDER, _form(), languages.load(), code, _named(file, format))


def approved(settings: Settings, code: str, file: Path, format: str) -> int:
    """How many texts of the file were approved on the pages, and wait to be imported.

    Raises `NotReady` or `KeysProblem`.
    """
    _known([code], translated=True)
    to, form, known = _named(file, format), _form(), languages.load()
    _, database = service.opened(settings)
    try:
        with database.read() as session:
            found = suggestions.approved(session, Catalogues(FOLDER, form.sources, known), form.sources, code)
    finally:
        database.close()
    return translations.export_approved(FOLDER, form, known, code, to, found)


def imported(code: str, file: Path, format: str) -> int:
    """How many texts changed. Raises `TranslationProblem`."""
    _known([code], translated=True)
    if not file.is_file():
        raise WrongSetUp(f"{file}: there is no such file")
    return translations.take_in(FOLDER, _form(), languages.load(), code, _named(file, format))


def _named(file: Path, format: str) -> Path:
    wanted = format or file.suffix.removeprefix(".")
    if wanted not in translations.FORMATS or (format and file.suffix != f".{format}"):
        raise WrongSetUp(f"{file.name}: give a name that ends in .po or .xlsx")
    return file


def _known(codes: Sequence[str], *, translated: bool = False) -> list[str]:
    known = languages.load()
    for code in codes:
        if code not in known:
            raise WrongSetUp(f"{code}: there is no such language; choose among {', '.join(known)}")
        if translated and code == SOURCE:
            raise WrongSetUp(f"{code} is the source: its texts stand in flows/")
        if translated and known[code].only_spoken:
            raise WrongSetUp(f"{code} is only spoken: `voice script {code}` says what to record")
    return list(codes or known)


def _desks(settings: Settings) -> dict[str, list[str]]:
    """Where each language is on; nothing before there is a database."""
    try:
        _, database = service.opened(settings)
    except (service.NotReady, KeysProblem):
        return {}
    found: dict[str, list[str]] = {}
    try:
        with database.read() as session:
            for desk in desks.everything(session):
                for code in desks.choices(desk).languages:
                    found.setdefault(code, []).append(desk.slug)
    finally:
        database.close()
    return found


def _form() -> Form:
    return forms.load(ROOT / "flows/childcare.yaml", ROOT / "flows/messages.yaml")


def _three(numbers: tuple[int, int, int]) -> str:
    return " · ".join(map(str, numbers))
