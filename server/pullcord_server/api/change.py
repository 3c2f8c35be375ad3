"""How a change is made: put on the desk, answered by its future, shown by its row."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from pullcord_server.desk.action.done import Done
from pullcord_server.desk.refusal import Refused
from pullcord_server.desk.turn import Turn

from .house import House
from .row import Row

T = TypeVar("T")
D = TypeVar("D", bound=Row)

#: How long a change waits for the desk, seconds; the desk itself answers `not-copied` after 5.
PATIENCE_S = 15.0


async def settle(house: House, action: Callable[[Turn], T]) -> T:
    """Carry out `action` in the desk's next turn; its result once that is committed and copied."""
    if house.desk.crashed is not None:
        raise Refused(503, "not-ready", f"the deciding thread ended: {house.desk.crashed}")
    return await patiently(house.desk.submit(action), PATIENCE_S)


async def patiently(future: "Future[T]", patience_s: float) -> T:
    """The future's result. It is never cancelled: the desk may be at it."""
    waiting: Awaitable[T] = asyncio.shield(asyncio.wrap_future(future))
    try:
        return await asyncio.wait_for(waiting, patience_s)
    except TimeoutError:
        raise Refused(
            503,
            "no-answer",
            f"not decided within {patience_s:.0f} s; it may still be: look before you ask again",
        ) from None


async def decided(
    house: House,
    action: Callable[[Turn], Done],
    read: Callable[[House, str], Row],
    shape: Callable[..., D],
) -> D:
    """Carry out `action`; the row it changed, read after its commit, with its decision."""
    done = await settle(house, action)
    row = await run_in_threadpool(read, house, done.id)
    return shape(**dict(row), decision=done.decision)
