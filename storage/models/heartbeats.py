"""When each process of ours last did its whole round."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.models.columns import time


class Heartbeat(SQLModel, table=True):
    """`process`: machine and number; one that ended stays for a week."""

    what: str = Field(primary_key=True)  # worker, web
    process: str = Field(primary_key=True)
    at: datetime = time()
