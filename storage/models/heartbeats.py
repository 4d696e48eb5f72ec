"""When each process of ours last did its whole round."""

from datetime import datetime

from sqlmodel import Field

from storage.models.columns import Kept, time


class Heartbeat(Kept, table=True):
    """`process`: machine and number; one that ended stays for a week."""

    what: str = Field(primary_key=True)  # worker, web
    process: str = Field(primary_key=True)
    at: datetime = time()
