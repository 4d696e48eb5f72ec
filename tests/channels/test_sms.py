"""Prompts as text messages: few, whole, and counted."""

from channels import sms
from flows.events import Prompt
from tests.transcript import the_form, the_wording


def test_prompts_share_a_message_while_it_stays_one_segment() -> None:
    prompts = (Prompt("welcome"), Prompt("parent_name", question="parent_name"))
    (body,) = sms.render(prompts, "nl", the_wording())
    assert (body.text, body.segments) == ("Dag!\nHoe heet u?", 1)


def test_what_does_not_fit_beside_it_is_a_message_of_its_own() -> None:
    long = Prompt("hand_over.not_understood", (("by", "2026-03-16"),))
    bodies = sms.render((long, long), "nl", the_wording())
    assert [body.segments for body in bodies] == [1, 1]
    assert "16 maart" in bodies[0].text


def test_every_question_with_its_options_is_one_segment_in_dutch() -> None:
    for question in the_form().questions:
        prompt = Prompt(question.id, (("amount", "2700"),), question.choices, question.id)
        if question.id not in ("language", "summary"):
            assert [body.segments for body in sms.render((prompt,), "nl", the_wording())] == [1], question.id


def test_staff_text_is_written_with_plain_signs() -> None:
    assert sms.body("We bellen “morgen” – goed?").text == 'We bellen "morgen" - goed?'
