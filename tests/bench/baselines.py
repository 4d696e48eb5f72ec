"""What our route is measured against: the same request without storage, and the usual way to store.

`bare`: signature and form alone, no engine either. `session`: a SQLModel Session per request in the thread pool.
"""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from channels import twilio
from channels.base import Inbound
from intake import service
from intake.conversations import receive
from intake.settings import Settings
from storage import clock
from tests.faults.families import PUBLIC, TOKEN


def make(what: str) -> FastAPI:
    app, settings = FastAPI(), Settings()
    keys, database = service.opened(settings)
    here = service.load(keys, settings)

    def keep(inbound: Inbound) -> None:
        with Session(database._engine) as session:
            receive(session, here, inbound)
            session.commit()

    @app.post("/twilio/sms")
    async def sms(request: Request) -> Response:
        form = twilio.parse_form(await request.body())
        signature: Any = request.headers.get("X-Twilio-Signature")
        if not twilio.is_signed(f"{PUBLIC}/twilio/sms", form, signature, (TOKEN,)):
            return Response(status_code=403)
        inbound = twilio.parse(form, clock.system_now())
        if what == "session":
            await run_in_threadpool(keep, inbound)
        return Response(twilio.EMPTY_TWIML, media_type="application/xml")

    return app


if __name__ == "__main__":
    uvicorn.run(make(sys.argv[1]), port=int(sys.argv[2]), log_level="error")
