"""What one installation is made of: forms, words, rules and keys, loaded once and shared by every turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from flows import categories, form
from flows.categories import Rules
from flows.desk import SOURCE, Desk
from flows.form import Form
from flows.grammar.place import Places, load_places
from flows.wording import Wording
from intake.sounds import Level, Sounds
from locales import languages
from locales.catalogue import Catalogues, Translations
from locales.languages import Languages
from storage import desks, turns
from storage.budgets import Limits
from storage.database import Session
from storage.desks import Choices, Front
from storage.keys import Keys

ROOT = Path(__file__).parent.parent
_MOST_DESKS = 1024


@dataclass
class Installation:
    """Never changes after start; `form_of` and `wording_of` keep what older conversations began with."""

    keys: Keys
    form: Form
    rules: Rules
    words: Languages
    places: Places
    catalogues: Catalogues
    translations: Translations
    public_url: str
    sounds: Sounds
    resume_hours: float = 12
    telegram_name: str = ""  # of the bot, as it stands in a link
    erased: Path | None = None  # where the ids of erased families are noted beside the database
    voice_command: str = ""  # a program that says what it reads
    templates: Mapping[str, str] = field(default_factory=dict)  # of WhatsApp's notice: language -> ContentSid
    sends_mail: bool = False  # to colleagues and organisers
    limits: Limits = field(default_factory=Limits)
    _forms: dict[str, Form] = field(default_factory=dict)
    _wordings: dict[str, Wording] = field(default_factory=dict)
    _desks: dict[tuple[str, str, str], tuple[Desk, Choices]] = field(default_factory=dict)  # by content, never stale

    def form_of(self, session: Session, hash_: str) -> Form:
        """The form a conversation began with; the present one when that is gone."""
        if hash_ == self.form.hash:
            return self.form
        if hash_ not in self._forms:
            text = turns.form_text(session, hash_)
            self._forms[hash_] = form.parse(text) if text else self.form
        return self._forms[hash_]

    def wording_of(self, form: Form) -> Wording:
        """The words of a form. Only the present one has translations made for it; keys that stayed serve older ones."""
        if form.hash not in self._wordings:
            self._wordings[form.hash] = self._wording_of(form)
        return self._wordings[form.hash]

    def _wording_of(self, form: Form) -> Wording:
        if form.hash == self.form.hash:
            return Wording(form, self.translations, self.words, self.places)
        same = Translations(self.catalogues, lambda key: form.dutch.get(key) == self.form.dutch.get(key))
        return Wording(form, same, self.words, self.places)

    def desk(self, session: Session, desk_id: str) -> tuple[Desk, Choices]:
        """The desk as the engine sees it, and everything its coordinator chose."""
        return self.seen(desks.front(session, desk_id))

    def seen(self, front: Front) -> tuple[Desk, Choices]:
        """The same for a desk that was read already."""
        key = (front.slug, front.settings, front.postcodes)
        if key not in self._desks:
            if len(self._desks) >= _MOST_DESKS:
                self._desks.clear()
            self._desks[key] = self._seen(front)
        return self._desks[key]

    def heard(self, front: Front) -> Desk:
        """The desk as a caller hears it: only languages that can be spoken, in the same order."""
        desk, chosen = self.seen(front)
        spoken = tuple(each for each in chosen.languages if self.sounds.level(each) is not Level.NONE)
        return replace(desk, languages=spoken or (SOURCE,))

    def _is_only_spoken(self, language: str) -> bool:
        return language in self.words and self.words[language].only_spoken

    def _seen(self, front: Front) -> tuple[Desk, Choices]:
        chosen = desks.read_choices(front.settings)
        seen = Desk(
            rules=self.rules,
            words=self.words,
            places=self.places,
            languages=tuple(each for each in chosen.languages if not self._is_only_spoken(each)),
            home=frozenset(filter(None, front.postcodes.split(","))),
            translations=self.translations,
            days_asked=chosen.days_asked,
            ask_all=chosen.ask_all,
            promise_days=chosen.promise_days,
            address=chosen.address,
            has_hours=bool(chosen.hours),
            page=f"{self.public_url.partition('://')[2]}/texts/{front.slug}",
        )
        return seen, chosen


def load(
    keys: Keys, public_url: str, resume_hours: float = 12, audio: Path = Path("var/audio"), telegram_name: str = ""
) -> Installation:
    """Everything from the files of this checkout, with the recordings in `audio`.

    Raises `YamlProblem`, `CatalogueProblem` or `ValueError`."""
    questions, rules, words, places, translated = _files()
    translations = Translations(translated)
    return Installation(
        keys=keys,
        form=questions,
        rules=rules,
        words=words,
        places=places,
        catalogues=translated,
        translations=translations,
        public_url=public_url,
        sounds=Sounds(words, questions, Wording(questions, translations, words, places), audio, public_url),
        resume_hours=resume_hours,
        telegram_name=telegram_name,
    )


@cache
def _files() -> tuple[Form, Rules, Languages, Places, Catalogues]:
    """Read once in a process, also where it loads again, as the demonstration does and a thousand tests."""
    words = languages.load()
    questions = form.load(ROOT / "flows/childcare.yaml", ROOT / "flows/messages.yaml")
    return questions, categories.load(), words, load_places(), Catalogues(ROOT / "locales", questions.sources, words)
