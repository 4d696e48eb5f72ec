"""Forms and catalogues that are wrong: the fault of a case put into our own files, which must then be refused."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from flows import form
from intake.installation import ROOT
from locales import catalogue, languages
from locales.catalogue import CatalogueProblem
from locales.yamlfile import YamlProblem
from tests.attacks.carriers import Case
from tests.attacks.world import World

_FORM = (ROOT / "flows/childcare.yaml").read_text(encoding="utf-8")
_LOOP = """
  - id: {0}
    kind: name
    relevant: {{answers: {{{1}: [x]}}}}
    text: t
    label: l
    context: c
"""


def _with(old: str, new: str) -> Callable[[Case], str]:
    assert old in _FORM
    return lambda _case: _FORM.replace(old, new, 1)


def _as_given(case: Case) -> str:
    """Before our own form, so that nothing else is wrong with it."""
    return str(case["request"]["yaml"]) + _FORM


FORMS: Mapping[str, Callable[[Case], str]] = {
    "flw-001": _with("\n  - id: language\n    kind", "\n  - id: language\n\tkind"),
    "flw-003": _as_given,
    "flw-005": _with("- id: purpose\n", "- id: 08\n"),  # guards name `purpose`: an 08 that became 8 would be as wrong
    "flw-007": _with("- id: place\n", "- id: birth\n"),
    "flw-009": _with("\nquestions:\n", "\nquestions:" + _LOOP.format("a", "b") + _LOOP.format("b", "a")),
    "flw-011": lambda _case: _without_end(),
    "flw-015": _with("- id: place\n    kind: postcode\n", "- id: place\n    knd: postcode\n"),
    "flw-017": lambda _case: "",
    "flw-019": lambda _case: "x" * (50 * 1024 * 1024),
    "flw-023": _as_given,
}  # fmt: skip


def _without_end() -> str:
    """The questions without the last one, after which nothing is left to ask."""
    questions, asides = _FORM.split("\nasides:")
    return questions[: questions.rindex("\n  - id: ")] + "\nasides:" + asides


def refuse_form(world: World, case: Case) -> None:
    path = world.folder / "childcare.yaml"
    path.write_text(FORMS[case["id"]](case), encoding="utf-8")
    began = time.process_time()
    try:
        form.load(path, ROOT / "flows/messages.yaml")
    except YamlProblem as problem:
        assert "childcare.yaml" in str(problem) and len(str(problem)) < 300
    else:
        raise AssertionError("the form was taken")
    assert (time.process_time() - began) * 1000 <= case["expect"].get("ms_max", 1000)


def go_on_with_another_form(world: World, case: Case) -> None:
    """A question is taken out of the form while a family is asked it: it goes on with the form it began with."""
    world.text("dag", "1", "02-2026", "gent")
    now = world.here.form
    kept = now.text.replace("- id: start\n", "- id: begin\n").replace("start:", "begin:")
    changed = form.parse(kept)
    assert changed.hash != now.hash and not changed.knows("start")
    world.go_on_with(replace(world.here, form=changed, _wordings={}))
    assert world.state()["asking"] == "start"
    world.text("1")
    assert world.state()["answers"]["children"][0]["start"] == "asap"
    assert world.timeline()[-1].body  # and it was answered


def refuse_without_a_text(world: World, case: Case) -> None:
    path = _catalogue(world.folder, 'msgctxt "welcome"', 'msgctxt "welcome_of_old"')
    _is_refused(path, "welcome")  # a key that is not there at all is no translation that waits


def empty_text_goes_out_in_dutch(world: World, case: Case) -> None:
    text = (ROOT / "locales/fr/family.po").read_text(encoding="utf-8")
    before, _, after = text.partition('msgctxt "welcome"')
    said, rest = after.split('msgstr "', 1)[0], after.split('msgstr "', 1)[1].partition("\n\n")[2]
    path = world.folder / "fr" / "family.po"
    path.parent.mkdir()
    path.write_text(f'{before}msgctxt "welcome"{said}msgstr ""\n\n{rest}', encoding="utf-8")
    found = catalogue.read(path, world.here.form.sources)
    assert "welcome" in found.doubtful and "welcome" not in found.texts


def _catalogue(folder: Path, old: str, new: str) -> Path:
    text = (ROOT / "locales/fr/family.po").read_text(encoding="utf-8")
    assert old in text, old
    (folder / "fr").mkdir()
    path = folder / "fr" / "family.po"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def _is_refused(path: Path, reason: str) -> None:
    sources = form.load(ROOT / "flows/childcare.yaml", ROOT / "flows/messages.yaml").sources
    try:
        catalogue.read(path, sources)
    except CatalogueProblem as problem:
        assert reason in str(problem) and "fr/family.po" in str(problem), str(problem)
        return
    raise AssertionError("the catalogue was taken")


def _first_text(text: str) -> tuple[str, str]:
    """The first translation of one line with a placeholder, and the line it stands on."""
    line = next(line for line in text.splitlines() if line.startswith('msgstr "') and "{" in line)
    return line, line[line.index("{") : line.index("}") + 1]


def refuse_catalogue(world: World, case: Case) -> None:
    text = (ROOT / "locales/fr/family.po").read_text(encoding="utf-8")
    line, name = _first_text(text)
    mark = world.folder / "run"
    old, new, reason = {
        "pof-001": (line, line.replace(name, ""), "must have the same words"),
        "pof-003": (line, line.replace(name, name[:-1] + ".__class__}"), "must have the same words"),
        "pof-005": (line, line.replace(name, f"<script>{name}</script>"), "U+003C"),
        "pof-009": ("charset=utf-8", "charset=latin-1", "must be in UTF-8"),
        "pof-011": ("plural=", f"plural=open('{mark}','w') or ", "Plural-Forms"),
        "pof-015": (line, line.replace(name, f"\u202e{name}"), "U+202E"),
    }[case["id"]]
    _is_refused(_catalogue(world.folder, old, new), reason)
    assert not mark.exists()


def refuse_words(world: World, case: Case) -> None:
    """A language whose yes is also its no, or that stands in a folder of another name."""
    folder = world.folder / "locales"
    shutil.copytree(ROOT / "locales/fr", folder / "fr")
    path = folder / "fr/language.yaml"
    text = path.read_text(encoding="utf-8")
    if case["id"] == "pof-017":
        (folder / "fr").rename(folder / "xx_YY")
    else:
        first = next(iter(languages.load()["fr"].yes))
        text = text.replace("\nno: [", f"\nno: [{first}, ", 1)
        path.write_text(text, encoding="utf-8")
        assert first in text.partition("\nno: [")[2].partition("]")[0]
    try:
        languages.load(folder)
    except YamlProblem as problem:
        assert "language.yaml" in str(problem)
        return
    raise AssertionError("the language was taken")


FILES: Mapping[str, Callable[[World, Case], None]] = {
    **dict.fromkeys(FORMS, refuse_form),
    "flw-013": refuse_without_a_text,
    "flw-021": go_on_with_another_form,
    **dict.fromkeys(("pof-001", "pof-003", "pof-005", "pof-009", "pof-011", "pof-015"), refuse_catalogue),
    "pof-007": empty_text_goes_out_in_dutch,
    **dict.fromkeys(("pof-013", "pof-017"), refuse_words),
}
