"""Refusals of actions, by name."""


class Refused(Exception):
    """An action that is not carried out: HTTP status, problem type, and what would help. Nothing was changed."""

    def __init__(self, status: int, type_: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type_
        self.detail = detail


def not_found(what: str, id_: str) -> Refused:
    """No such row."""
    return Refused(404, "not-found", f"there is no {what} {id_}")


def reason_required(what: str) -> Refused:
    """The action needs a reason."""
    return Refused(422, "reason-required", f"{what} needs a reason; send it as `reason`")
