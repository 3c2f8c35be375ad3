"""The routes that change something: each is checked here for form, and decided at the desk."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool

from pullcord_server.desk.action import call, card, floor, loop, order, undo
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.call import CallAction
from pullcord_server.domain.card import Event

from . import row, wish
from .access import person
from .change import decided, patiently, settle
from .collection import (
    Id,
    read_call,
    read_card,
    read_finding,
    read_loop,
    read_order,
    read_station,
    read_tag,
    read_task,
)
from .house import PREFIX, House

#: Driven time may have days of rules to run on its way.
CLOCK_PATIENCE_S = 300.0


def router(house: House) -> APIRouter:
    """Every change that can be made in `house`."""
    routes = APIRouter(prefix=PREFIX, tags=["changes"])
    _order_routes(routes, house)
    _card_routes(routes, house)
    _tag_routes(routes, house)
    _loop_routes(routes, house)
    _trial_routes(routes, house)
    _floor_routes(routes, house)
    _call_routes(routes, house)
    _clock_route(routes, house)
    return routes


def _order_routes(routes: APIRouter, house: House) -> None:
    def step(event: Event) -> None:
        @routes.post(f"/orders/{{id}}/{event}", name=f"{event}_order", summary=f"{event} an order")
        async def move(id: Id, want: wish.MoveOrder, request: Request) -> row.OrderDecided:
            """A step by hand, for all cards of the order or the named ones."""
            by = person(request, want.by)
            action = partial(
                order.move,
                order_id=id,
                event=event,
                by=by,
                reason=want.reason,
                cards=want.cards,
                quantity=want.quantity,
                note=want.note,
                complete=want.complete,
            )
            return await decided(house, action, read_order, row.OrderDecided)

    for event in (Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL):
        step(event)

    @routes.post("/orders/{id}/confirm")
    async def confirm_order(id: Id, want: wish.ConfirmOrder, request: Request) -> row.OrderDecided:
        """Promise when the goods will be there."""
        by = person(request, want.by)
        action = partial(
            order.confirm, order_id=id, by=by, promised_at=want.promised_at, reason=want.reason
        )
        return await decided(house, action, read_order, row.OrderDecided)

    @routes.post("/orders/close")
    async def close_orders(want: wish.CloseOrders, request: Request) -> row.OrdersDecided:
        """Served by hand: the goods are there, the orders end."""
        by = person(request, want.by)
        done = await settle(
            house, partial(order.close, orders=want.orders, by=by, reason=want.reason)
        )
        rows = [await run_in_threadpool(read_order, house, o) for o in want.orders]
        return row.OrdersDecided(items=rows, decision=done.decision)


def _card_routes(routes: APIRouter, house: House) -> None:
    @routes.post("/cards", status_code=201)
    async def issue_card(want: wish.IssueCard, request: Request) -> row.CardDecided:
        """Issue a card of one turn, or one that replaces another."""
        by = person(request, want.by)
        action = partial(
            card.issue,
            by=by,
            reason=want.reason,
            loop=want.loop,
            kind=want.kind,
            quantity=want.quantity,
            expires_at=want.expires_at,
            replaces=want.replaces,
        )
        return await decided(house, action, read_card, row.CardDecided)

    @routes.patch("/cards/{id}")
    async def change_card(id: Id, want: wish.ChangeCard, request: Request) -> row.CardDecided:
        """Block, hold or lose a card, or take that back."""
        by = person(request, want.by)
        action = partial(
            card.change,
            card_id=id,
            by=by,
            reason=want.reason,
            blocked=want.blocked,
            hold=want.hold,
            life=want.life,
            scrap=want.scrap,
        )
        return await decided(house, action, read_card, row.CardDecided)

    @routes.post("/cards/{id}/undo")
    async def undo_card(id: Id, want: wish.UndoCard, request: Request) -> row.CardDecided:
        """Void an entry or a decision: the card is as if it had not been."""
        by = person(request, want.by)
        action = partial(undo.undo, card_id=id, by=by, reason=want.reason, entry=want.entry)
        return await decided(house, action, read_card, row.CardDecided)

    @routes.post("/cards/{id}/print", status_code=201)
    async def print_card(id: Id, want: wish.Reasoned, request: Request) -> row.PrintDecided:
        """The code for a new print of the card."""
        by = person(request, want.by)
        done, code, version = await settle(
            house, partial(card.print_card, card_id=id, by=by, reason=want.reason)
        )
        return row.PrintDecided(code=code, version=version, card=done.id, decision=done.decision)


def _tag_routes(routes: APIRouter, house: House) -> None:
    @routes.put("/tags/{code:path}")
    async def bind_tag(code: Id, want: wish.BindTag, request: Request) -> row.TagDecided:
        """From now on the code means this card."""
        by = person(request, want.by)
        action = partial(card.bind, code=code, card_id=want.card, by=by, reason=want.reason)
        return await decided(house, action, read_tag, row.TagDecided)

    @routes.delete("/tags/{code:path}")
    async def unbind_tag(code: Id, want: wish.Reasoned, request: Request) -> row.TagDecided:
        """From now on the code means no card."""
        by = person(request, want.by)
        action = partial(card.unbind, code=code, by=by, reason=want.reason)
        return await decided(house, action, read_tag, row.TagDecided)


def _loop_routes(routes: APIRouter, house: House) -> None:
    @routes.patch("/loops/{id}")
    async def change_loop(id: Id, want: wish.ChangeLoop, request: Request) -> row.LoopDecided:
        """Set the number of cards, or take the loop in or out of service."""
        by = person(request, want.by)
        action = partial(
            loop.change,
            loop_id=id,
            by=by,
            reason=want.reason,
            cards=want.cards,
            in_service=want.in_service,
        )
        return await decided(house, action, read_loop, row.LoopDecided)

    @routes.post("/loops/{id}/release")
    async def release_loop(id: Id, want: wish.Reasoned, request: Request) -> row.LoopDecided:
        """Release what waits before its hour or number."""
        by = person(request, want.by)
        action = partial(loop.release_now, loop_id=id, by=by, reason=want.reason)
        return await decided(house, action, read_loop, row.LoopDecided)

    @routes.post("/loops/{id}/empty")
    async def empty_place(id: Id, want: wish.Reasoned, request: Request) -> row.CardDecided:
        """A place is empty and has no card: the oldest full card of the loop is taken."""
        by = person(request, want.by)
        action = partial(loop.empty, loop_id=id, by=by, reason=want.reason)
        return await decided(house, action, read_card, row.CardDecided)


def _trial_routes(routes: APIRouter, house: House) -> None:
    async def trial(loop_id: str, number: int, decision: str) -> row.TrialDecided:
        found = await run_in_threadpool(read_loop, house, loop_id)
        shown = next(t for t in found.trials if t.n == number)
        return row.TrialDecided(**dict(shown), decision=decision)

    @routes.post("/loops/{id}/experiments", status_code=201)
    async def begin_trial(id: Id, want: wish.BeginTrial, request: Request) -> row.TrialDecided:
        """Take cards out, to see what breaks."""
        by = person(request, want.by)
        done = await settle(
            house,
            partial(loop.begin_trial, loop_id=id, by=by, reason=want.reason, remove=want.remove),
        )
        found = await run_in_threadpool(read_loop, house, id)
        return await trial(id, max(t.n for t in found.trials), done.decision)

    @routes.delete("/loops/{id}/experiments/{n}")
    async def end_trial(
        id: Id,
        n: Annotated[int, Path(ge=1, le=1_000_000_000)],
        want: wish.EndTrial,
        request: Request,
    ) -> row.TrialDecided:
        """End a trial: the cards come back, unless `keep`."""
        by = person(request, want.by)
        done = await settle(
            house,
            partial(
                loop.end_trial, loop_id=id, number=n, by=by, reason=want.reason, keep=want.keep
            ),
        )
        return await trial(id, n, done.decision)


def _floor_routes(routes: APIRouter, house: House) -> None:
    @routes.post("/stations/{id}/collect")
    async def collect_post(id: Id, want: wish.CollectPost, request: Request) -> row.StationDecided:
        """A post was emptied."""
        by = person(request, want.by)
        action = partial(
            floor.collect,
            station=id,
            by=by,
            counted=want.counted,
            cards=want.cards,
            reason=want.reason,
        )
        return await decided(house, action, read_station, row.StationDecided)

    @routes.post("/findings/{id}/resolve")
    async def resolve_finding(id: Id, want: wish.Reasoned, request: Request) -> row.FindingDecided:
        """Resolve a finding; it stays."""
        by = person(request, want.by)
        action = partial(floor.resolve, finding=id, by=by, reason=want.reason)
        return await decided(house, action, read_finding, row.FindingDecided)

    @routes.post("/tasks/{id}/done")
    async def finish_task(id: Id, want: wish.Reasoned, request: Request) -> row.TaskDecided:
        """A task is done."""
        by = person(request, want.by)
        action = partial(floor.finish_task, task=id, by=by, reason=want.reason)
        return await decided(house, action, read_task, row.TaskDecided)


def _call_routes(routes: APIRouter, house: House) -> None:
    @routes.post("/calls", status_code=201)
    async def raise_call(want: wish.RaiseCall, request: Request) -> row.CallDecided:
        """Call for somebody; joins the open call of that type at the station, if there is one."""
        by = person(request, want.by)
        action = partial(
            call.raise_call,
            calls=house.desk.calls,
            station=want.station,
            type_=want.type,
            by=by,
            loop=want.loop,
        )
        return await decided(house, action, read_call, row.CallDecided)

    def step(what: CallAction) -> None:
        @routes.post(f"/calls/{{id}}/{what}", name=f"{what}_call", summary=f"{what} a call")
        async def move(id: Id, want: wish.MoveCall, request: Request) -> row.CallDecided:
            """A step of a call; it goes forwards only."""
            by = person(request, want.by)
            action = partial(
                call.move_call,
                calls=house.desk.calls,
                call_id=id,
                action=what,
                by=by,
                cause=want.cause or None,
                promised_at=want.promised_at,
            )
            return await decided(house, action, read_call, row.CallDecided)

    for what in CallAction:
        step(what)


def _clock_route(routes: APIRouter, house: House) -> None:
    @routes.post("/clock", dependencies=[Depends(_driven(house))])
    async def move_clock(want: wish.MoveClock) -> row.ClockRow:
        """Move driven time; every rule that falls due on the way runs before the answer."""
        await patiently(house.desk.set_clock(want.now), CLOCK_PATIENCE_S)
        return row.ClockRow(now=want.now)


def _driven(house: House) -> Callable[[], None]:
    def check() -> None:
        if not house.driven:
            raise Refused(
                404, "not-driven", "this server's time is the system's; set time = \"driven\""
            )

    return check
