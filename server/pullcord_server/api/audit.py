"""The routes of audits: begin one, add what was scanned, see what is missing."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from pullcord_server.desk.action import audit
from pullcord_server.desk.refusal import not_found

from . import asked, row, table, wish
from .access import person
from .change import decided
from .collection import Id, check_filters
from .house import PREFIX, House


def router(house: House) -> APIRouter:
    """The audits of `house`."""
    routes = APIRouter(prefix=PREFIX, tags=["audits"])
    reading = [Depends(check_filters)]

    @routes.post("/audits", status_code=201)
    async def begin_audit(want: wish.BeginAudit, request: Request) -> row.AuditDecided:
        """Begin a walk over a loop's cards, or over those whose place is a station's."""
        by = person(request, want.by)
        action = partial(audit.begin, by=by, loop=want.loop, station=want.station)
        return await decided(house, action, read_audit, row.AuditDecided)

    @routes.post("/audits/{id}/scans")
    async def scan_audit(id: Id, want: wish.ScanAudit, request: Request) -> row.AuditDecided:
        """Add codes that were scanned."""
        by = person(request, want.by)
        action = partial(audit.scan, audit_id=id, codes=want.codes, by=by)
        return await decided(house, action, read_audit, row.AuditDecided)

    @routes.get("/audits", dependencies=reading)
    def list_audits(ask: Annotated[asked.AuditsAsked, Query()]) -> row.Page[row.AuditRow]:
        """Audits, by the time they began."""
        return table.AUDITS.page(house.engine, ask)

    @routes.get("/audits/{id}", dependencies=reading)
    def get_audit(id: Id) -> row.AuditRow:
        """One audit."""
        return read_audit(house, id)

    return routes


def read_audit(house: House, id_: str) -> row.AuditRow:
    """One audit; a refusal where there is none."""
    found = table.AUDITS.one(house.engine, table.AUDIT.c.id == id_)
    if found is None:
        raise not_found("audit", id_)
    return found
