"""All pages of staff and visitors and of who watches, in the order in which an address is looked for."""

from fastapi import APIRouter

from intake.settings import Settings
from intake.web import (
    account,
    alike,
    auditing,
    call_backs,
    childcare,
    defining,
    desk,
    desk_settings,
    divided,
    exports,
    filing,
    importing,
    mail,
    mirror,
    openid,
    organisers,
    outcomes,
    passing,
    people,
    phrases,
    proof,
    queue,
    recorder,
    referrals,
    reports,
    second_factor,
    sign_in,
    status,
    stream,
    template,
    texts,
    together,
    translations,
    watching,
)

_ROUTERS = (
    sign_in.router,
    proof.router,
    openid.router,
    second_factor.router,
    account.router,
    mail.router,
    people.router,
    auditing.router,
    status.router,
    stream.desk,
    queue.router,
    phrases.router,
    desk.router,
    together.router,
    passing.router,
    alike.router,
    organisers.router,
    call_backs.router,
    recorder.router,
    translations.router,
    reports.router,
    referrals.router,
    template.router,
    filing.router,
    importing.router,
    divided.router,
    childcare.router,
    desk_settings.router,
    defining.router,
    outcomes.router,
    exports.router,
    mirror.router,
    texts.router,
    watching.metrics,
)


def routers(settings: Settings) -> tuple[APIRouter, ...]:
    return (
        _ROUTERS + (_of_a_demonstration() if settings.demo else ()) + ((watching.test_door,) if settings.test else ())
    )


def _of_a_demonstration() -> tuple[APIRouter, ...]:
    from intake.web import simulated_call, simulator  # with a reader of XML, for which nobody else has a use

    return simulator.router, simulated_call.router, stream.simulator
