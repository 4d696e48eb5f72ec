"""Recordings: what a volunteer is given, what is taken, what is refused and why, and the level a language reaches."""

import csv
import re
import wave
from io import BytesIO
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from channels.simulated_call import tone
from flows import pieces
from intake import installation, sounds
from intake.cli import app
from intake.installation import Installation
from intake.settings import Settings
from intake.sounds import Level, Unfit
from intake.web.app import make_app
from storage import clock, staff
from storage.database import Database, Session
from storage.keys import Keys
from tests.intake.pages import Browser
from tests.twiml_check import check


@pytest.fixture
def spoken(tmp_path: Path) -> Installation:
    return installation.load(Keys.create(tmp_path / "keys.json"), "https://loket.example", audio=tmp_path / "audio")


def louder_and_quieter(seconds: float, factor: float) -> bytes:
    buffer = BytesIO(tone(seconds))
    with wave.open(buffer) as file:
        frames = memoryview(bytearray(file.readframes(file.getnframes()))).cast("h")
    for at, each in enumerate(frames):
        frames[at] = max(-32768, min(32767, int(each * factor)))
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(frames.tobytes())
    return made.getvalue()


def test_a_language_is_offered_at_the_door_and_then_in_full(spoken: Installation) -> None:
    wording = spoken.wording_of(spoken.form)
    assert spoken.sounds.level("so") is Level.NONE and spoken.sounds.level("nl") is Level.FULL
    for name in pieces.door("so", wording):
        spoken.sounds.take("so", name, tone(0.5))
    assert spoken.sounds.level("so") is Level.DOOR
    for piece in pieces.everything(spoken.form, "so", wording):
        spoken.sounds.take("so", piece.name, tone(0.5))
    assert spoken.sounds.level("so") is Level.FULL and spoken.sounds.missing("so") == ()


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        (b"no sound at all", "This cannot be read as sound"),
        (tone(0.05), "This holds no words"),
        (tone(9.0), "This lasts 9.0 seconds, at most"),
        (louder_and_quieter(1.0, 0.02), "This is too quiet. Speak closer"),
        (louder_and_quieter(1.0, 40.0), "This is too loud. Hold the microphone further away"),
    ],
)
def test_a_recording_that_nobody_can_hear_is_refused(spoken: Installation, sound: bytes, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        spoken.sounds.take("so", "call.bye", sound)
    assert spoken.sounds.level("so") is Level.NONE


def test_a_recording_becomes_telephone_sound(spoken: Installation) -> None:
    with wave.open(BytesIO(sounds.convert(tone(1.0), 5.0))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)


def test_the_silence_around_the_words_is_left_out(spoken: Installation) -> None:
    with wave.open(BytesIO(tone(1.0))) as file:
        words, rest = file.readframes(file.getnframes()), bytes(2 * 8000 * 3)
    around = BytesIO()
    with wave.open(around, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(rest + words + rest)
    with wave.open(BytesIO(sounds.convert(around.getvalue(), 5.0))) as file:
        assert 1.0 <= file.getnframes() / 8000 <= 1.3


def test_words_of_two_recordings_do_not_run_together(spoken: Installation) -> None:
    with wave.open(BytesIO(sounds.convert(tone(1.0), 5.0))) as file:
        rest, words = bytes(2 * 800), file.readframes(file.getnframes())
    assert words.startswith(rest) and words.endswith(rest) and len(words) == 2 * (8000 + 1600)


def test_a_recording_goes_before_the_voice(spoken: Installation) -> None:
    spoken.sounds.take("nl", "call.bye", tone(0.5))
    line = _line(spoken, "call.bye")
    assert spoken.sounds.play(line) == ("https://loket.example/audio/nl/call.bye.wav",)
    assert spoken.sounds.play(_line(spoken, "call.sorry")) is None


def _line(here: Installation, key: str):  # type: ignore[no-untyped-def]
    from flows.speaking import line

    return line(key, "nl", here.wording_of(here.form))


def test_every_spoken_text_of_every_language_is_cut_into_pieces_that_are_asked_for(spoken: Installation) -> None:
    from flows.speaking import line
    from intake.language_check import SAMPLES

    wording = spoken.wording_of(spoken.form)
    samples = {**SAMPLES, "key": "3", "time": "09:00"}
    for code in ("nl", "fa", "ps", "so", "ti", "sq", "ku", "ary", "rif"):
        names = {piece.name for piece in pieces.everything(spoken.form, code, wording)}
        for key in pieces.spoken_keys(spoken.form):
            if code in ("ary", "rif") and key.partition(".")[0] in ("care_need", "care_situation"):
                continue  # holds an agreement: a person asks it
            if code in ("ary", "rif") and key == "command.privacy":
                continue
            gaps = re.findall(r"\{(\w+)\}", wording.template(key, code)[0])
            said = line(key, code, wording, {name: samples[name] for name in gaps})
            assert set(pieces.of_line(said)) <= names, (code, key)


def test_only_recordings_are_served(spoken: Installation, database: Database) -> None:
    client = TestClient(
        make_app(Settings(public_url="https://loket.example", second_factor="optional"), database, spoken)
    )
    spoken.sounds.take("so", "call.bye", tone(0.5))
    assert client.get("/audio/so/call.bye.wav").headers["content-type"] == "audio/wav"
    for address in (
        "/audio/so/call.sorry.wav",
        "/audio/so/..%2f..%2fkeys.json",
        "/audio/xx/call.bye.wav",
        "/audio/so/call.bye",
    ):
        assert client.get(address).status_code == 404


@pytest.fixture
def intake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("INTAKE_DATA_DIR", str(tmp_path / "var"))
    runner = CliRunner()
    assert runner.invoke(app, ["migrate"]).exit_code == 0
    made = ["desk", "add", "gent", "--name", "Gent", "--number", "+3290000001", "--postcodes", "9000"]
    assert runner.invoke(app, [*made, "--languages", "nl,fr,so,ary,rif"]).exit_code == 0
    return runner


def test_a_volunteer_gets_a_table_and_a_page(intake: CliRunner, tmp_path: Path) -> None:
    done = intake.invoke(app, ["voice", "script", "so", "--out", str(tmp_path / "script")])
    assert done.exit_code == 0
    with (tmp_path / "script/voice-so.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "Dutch", "say", "at most (seconds)"] and len(rows) > 200
    assert "Riix" in (tmp_path / "script/voice-so.html").read_text(encoding="utf-8")


def test_speakers_of_a_language_that_nobody_reads_say_what_the_dutch_means(intake: CliRunner, tmp_path: Path) -> None:
    said = {code: _script(intake, tmp_path, code) for code in ("ary", "rif")}
    assert said["ary"]["call.bye.wav"] == ("Dag.", "بسلامة.")  # a draft, to say better
    assert said["rif"]["call.bye.wav"] == ("Dag.", "(in uw eigen woorden)")
    assert said["rif"]["call.language.1.wav"][0] == "«Voor Riffijns: druk op» …"  # not "voor Nederlands"
    assert said["rif"]["receipt.2.wav"][0].startswith("Uw vraag is genoteerd. Het nummer is … «Nog een keer:» … U mag")
    assert not any(name.startswith(("care_need", "command.privacy")) for name in said["rif"])
    page = (tmp_path / "voice-rif.html").read_text(encoding="utf-8")
    assert "Opnames: Riffijns" in page and "wat tussen « en » staat" in page


def _script(intake: CliRunner, folder: Path, code: str) -> dict[str, tuple[str, str]]:
    assert intake.invoke(app, ["voice", "script", code, "--out", str(folder)]).exit_code == 0
    with (folder / f"voice-{code}.csv").open(encoding="utf-8-sig") as file:
        return {name: (dutch, say) for name, dutch, say, _ in list(csv.reader(file))[1:]}


def test_a_language_that_is_only_spoken_is_offered_on_the_phone_from_its_door_on(
    intake: CliRunner, tmp_path: Path
) -> None:
    folder, door = tmp_path / "rif", list(_script(intake, tmp_path, "rif"))[:10]
    folder.mkdir()
    assert "gent: not offered on the phone: so, ary, rif; `voice script so`" in intake.invoke(app, ["check"]).output
    for name in door[:-1]:
        (folder / name).write_bytes(tone(0.5))
    assert "rif: not offered yet" in intake.invoke(app, ["voice", "import", str(folder)]).output
    (folder / door[-1]).write_bytes(tone(0.5))
    done = intake.invoke(app, ["voice", "import", str(folder)])
    assert (done.exit_code, "rif: offered: a message, and a call with an interpreter" in done.output) == (0, True)
    assert "gent: not offered on the phone: so, ary; " in intake.invoke(app, ["check"]).output


def test_a_language_that_nobody_reads_is_never_offered_in_writing(intake: CliRunner, tmp_path: Path) -> None:
    assert (
        "ary\tالدارجة\tonly spoken: recordings, no texts\ton at gent" in intake.invoke(app, ["language", "list"]).output
    )
    assert intake.invoke(app, ["language", "check", "ary", "rif"]).exit_code == 0
    for refused in (["language", "export", "ary", "ary.xlsx"], ["chat", "--language", "rif"]):
        done = intake.invoke(app, refused)
        assert (done.exit_code, "is only spoken" in done.output) == (2, True)
    read = intake.invoke(app, ["chat", "--language", "nl"], input="hallo\ndarija\n")
    assert "الدارجة" not in read.output and "Tarifit" not in read.output


def test_an_import_takes_what_is_good_and_names_what_is_not(intake: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "so"
    folder.mkdir()
    (folder / "call.bye.wav").write_bytes(tone(0.5))
    (folder / "call.hello.wav").write_bytes(tone(0.5))
    (folder / "notes.txt").write_text("x")
    done = intake.invoke(app, ["voice", "import", str(folder)])
    assert done.exit_code == 1
    assert "call.hello.wav: This language has no recording of that name" in done.output
    assert "notes.txt: This is no sound" in done.output
    assert "so: not offered yet" in done.output
    assert intake.invoke(app, ["voice", "import", str(tmp_path / "xx")]).exit_code == 2


def test_the_fallback_needs_the_desks_own_phone_and_is_twiml(intake: CliRunner, tmp_path: Path) -> None:
    refused = intake.invoke(app, ["voice", "fallback", "gent"])
    assert refused.exit_code == 2 and "give the desk's own phone first" in refused.output
    done = intake.invoke(app, ["desk", "hours", "gent", "Mo-Fr 09:00-16:00; PH off", "--phone", "+3290000009"])
    assert done.exit_code == 0, done.output
    told = intake.invoke(app, ["voice", "fallback", "gent"])
    assert check(told.output) == [] and "Polly.Lisa-Neural" in told.output and "Polly.Isabelle-Neural" in told.output
    assert intake.invoke(app, ["desk", "hours", "gent", "nine to five"]).exit_code == 2


def test_the_card_shows_two_keys_a_language(intake: CliRunner, tmp_path: Path) -> None:
    done = intake.invoke(app, ["voice", "card", "gent", "--out", str(tmp_path / "card.html")])
    assert done.exit_code == 0
    page = (tmp_path / "card.html").read_text(encoding="utf-8")
    assert "+3290000001" in page and "<b>7 2</b>" in page and "Soomaali" not in page  # nothing of it is recorded yet


def test_a_volunteer_sees_the_words_and_no_family(database: Database, spoken: Installation) -> None:
    volunteer = _volunteer(database, spoken)
    assert "Somali" in volunteer.text and "Wachtrij" not in volunteer.text
    volunteer.get("/desk/voice/so")
    assert "0 van" in volunteer.text and "hoogstens" in volunteer.text
    refused = volunteer.client.get("/desk")
    assert refused.status_code == 403 and volunteer.client.get("/reports").status_code == 403
    assert volunteer.client.get("/desk/voice/xx").status_code == 404


def test_what_a_volunteer_records_is_checked_and_can_be_heard(database: Database, spoken: Installation) -> None:
    volunteer = _volunteer(database, spoken)
    volunteer.get("/desk/voice/so")
    token = {"X-CSRF": re.findall(r'name="csrf" value="(\w+)"', volunteer.page.text)[0]}
    told = volunteer.client.post("/desk/voice/so/call.bye", content=louder_and_quieter(1.0, 0.02), headers=token)
    assert (told.status_code, told.text) == (422, "Dit is te stil. Spreek dichter bij de microfoon.")
    assert volunteer.client.post("/desk/voice/so/call.bye", content=tone(1.0), headers=token).status_code == 204
    assert volunteer.client.get("/audio/so/call.bye.wav").status_code == 200
    assert volunteer.client.post("/desk/voice/so/call.bye", content=tone(1.0)).status_code == 403
    assert volunteer.client.post("/desk/voice/so/call.bye", content=bytes(4_000_001), headers=token).status_code == 413


def _volunteer(database: Database, here: Installation) -> Browser:
    def work(session: Session) -> None:
        staff.add(session, clock.system_now(), "stem", "translator", [])
        session.flush()
        account = staff.find(session, "stem")
        assert account is not None
        account.password, account.invitation = staff.hash_password("voorlezen"), ""
        session.add(account)

    database.write(work).result()
    settings = Settings(public_url="https://loket.example", second_factor="optional")
    browser = Browser(TestClient(make_app(settings, database, here), base_url="https://loket.example"))
    browser.sign_in("stem", "voorlezen")
    return browser
