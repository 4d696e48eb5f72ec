"""What somebody at the desk did wrong, or too late: a status and one sentence that says what to do."""

_THEIRS = "Your account may not do this. Ask your coordinator."


class DeskError(Exception):
    """`sentence`: in English, translated where it is shown."""

    def __init__(self, status: int, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.values = status, sentence, values


class Unclear(DeskError):
    """Something in a form could not be taken. `field`: its name there."""

    def __init__(self, field: str, sentence: str, **values: object) -> None:
        super().__init__(422, sentence, **values)
        self.field = field


class NotTheirs(DeskError):
    """What another role may see or do. Its page shows where their own pages begin."""

    def __init__(self) -> None:
        super().__init__(403, _THEIRS)


def not_there() -> DeskError:
    return DeskError(404, "This is not there, or it belongs to another desk.")
