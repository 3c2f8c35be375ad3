"""Every message and entry body of the wire beside the very bytes that it is."""

from pullcord_wire.instant import parse_instant
from pullcord_wire.message import (
    Ack,
    Ask,
    Body,
    CallBody,
    ClockState,
    CodeBody,
    Command,
    DeviceBody,
    EmptyBody,
    Entry,
    EntryType,
    Event,
    Follows,
    LampsMessage,
    LevelBody,
    Message,
    Page,
    Pattern,
    RawBody,
    Report,
    SelftestBody,
    Status,
    UndoBody,
    Verdict,
    VerdictMessage,
)

AT = parse_instant("2026-11-23T08:15:00.123Z")
WITHDRAWAL = Entry(
    7, EntryType.WITHDRAWAL, AT, 123.456, ClockState.SYNCED, CodeBody("post", "0A00B41F2C")
)
LAMPS = {"stack": {"red": Pattern.FAST, "amber": Pattern.OFF, "green": Pattern.OFF}}
PAGE = Page(
    journal="01JA",
    follows=Follows("01HZ", 412),
    held=1,
    acked=6,
    ask=Ask("01JA", 512),
    station="assy1-post",
    boot="b1f4",
    entries=(WITHDRAWAL,),
)

MESSAGES: dict[str, tuple[Message, bytes]] = {
    "page": (
        PAGE,
        b'{"journal":"01JA","follows":{"journal":"01HZ","upto":412},"held":1,"acked":6,'
        b'"ask":"01JA.512","station":"assy1-post","boot":"b1f4","entries":['
        b'{"seq":7,"type":"withdrawal","reader":"post","code":"0A00B41F2C",'
        b'"at":"2026-11-23T08:15:00.123Z","up":123.456,"clock":"synced"}]}',
    ),
    "question": (
        Page("01JA", None, 8, 7, Ask("01JA", 513), "assy1-post", "b1f4"),
        b'{"journal":"01JA","follows":null,"held":8,"acked":7,"ask":"01JA.513",'
        b'"station":"assy1-post","boot":"b1f4","entries":[]}',
    ),
    "ack": (
        Ack("01JA", 7, Ask("01JA", 512), "s-1", parse_instant("2026-11-23T08:15:00.140Z")),
        b'{"journal":"01JA","upto":7,"re":"01JA.512","server":"s-1",'
        b'"now":"2026-11-23T08:15:00.140Z"}',
    ),
    "status": (
        Status(
            online=True,
            journal="01JA",
            backlog=0,
            server="s-1",
            heard=parse_instant("2026-11-23T08:15:00.140Z"),
            lamps_revision=31,
            lamps=LAMPS,
            version="0.1.0",
            clock=ClockState.SYNCED,
            faults=(),
        ),
        b'{"online":true,"journal":"01JA","backlog":0,"server":"s-1",'
        b'"heard":"2026-11-23T08:15:00.140Z","lamps_revision":31,'
        b'"lamps":{"stack":{"red":"fast","amber":"off","green":"off"}},'
        b'"version":"0.1.0","clock":"synced","faults":[]}',
    ),
    "first status": (
        Status(online=True, journal="01JA", version="0.1.0", faults=("reader post: gone",)),
        b'{"online":true,"journal":"01JA","backlog":0,"server":null,"heard":null,'
        b'"lamps_revision":null,"lamps":{},"version":"0.1.0","clock":"unset",'
        b'"faults":["reader post: gone"]}',
    ),
    "will": (Status(online=False, journal="01JA"), b'{"online":false,"journal":"01JA"}'),
    "verdict": (
        VerdictMessage("01JA", 7, Verdict.ACCEPTED, "BH-A1-003", "Brake hose 20"),
        b'{"journal":"01JA","seq":7,"verdict":"accepted","card":"BH-A1-003",'
        b'"text":"Brake hose 20"}',
    ),
    "verdict without a card": (
        VerdictMessage("01JA", 8, Verdict.UNKNOWN, None, "Schlüssel fehlt"),
        b'{"journal":"01JA","seq":8,"verdict":"unknown","card":null,'
        b'"text":"Schl\xc3\xbcssel fehlt"}',
    ),
    "lamps": (
        LampsMessage(31, "s-1", LAMPS),
        b'{"revision":31,"server":"s-1",'
        b'"lamps":{"stack":{"red":"fast","amber":"off","green":"off"}}}',
    ),
    "command": (
        Command("c-1", "selftest", {"person": False}),
        b'{"id":"c-1","command":"selftest","body":{"person":false}}',
    ),
    "report": (
        Report("c-1", "selftest", {"checks": [{"name": "journal", "status": "pass"}]}),
        b'{"id":"c-1","command":"selftest","body":{"checks":[{"name":"journal","status":"pass"}]}}',
    ),
    "event": (
        Event(
            id="01JA.7.order.released",
            source="/pullcord/tsutsumi",
            type="order.released",
            at=AT,
            subject="BH-A1-003",
            data={"quantity": 20},
        ),
        b'{"specversion":"1.0","id":"01JA.7.order.released","source":"/pullcord/tsutsumi",'
        b'"type":"order.released","time":"2026-11-23T08:15:00.123Z","subject":"BH-A1-003",'
        b'"datacontenttype":"application/json","data":{"quantity":20}}',
    ),
    "event of a refill": (
        Event("e-1", "/pullcord/tsutsumi", "andon.raised", AT, None, None, refill=True),
        b'{"specversion":"1.0","id":"e-1","source":"/pullcord/tsutsumi","type":"andon.raised",'
        b'"time":"2026-11-23T08:15:00.123Z","datacontenttype":"application/json",'
        b'"data":null,"refill":true}',
    ),
}

CODE_KEYS = '"reader":"post","code":"0A00B41F2C"'
BODIES: dict[EntryType, tuple[Body, str]] = {
    EntryType.WITHDRAWAL: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.START: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.FINISH: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.DISPATCH: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.ARRIVAL: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.READ: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.REMOVED: (CodeBody("post", "0A00B41F2C"), CODE_KEYS),
    EntryType.LEVEL: (
        LevelBody("bin-7", 412.5, empty=True),
        '"sensor":"bin-7","value":412.5,"empty":true',
    ),
    EntryType.CALL: (
        CallBody("cord", "material", pressed=True),
        '"button":"cord","call":"material","pressed":true',
    ),
    EntryType.UNDO: (UndoBody("01JA.6"), '"of":"01JA.6"'),
    EntryType.DEVICE: (
        DeviceBody("post", "unplugged"),
        '"device":"post","fault":"unplugged"',
    ),
    EntryType.SELFTEST: (
        SelftestBody({"serial": "10000000a1", "passed": 25}),
        '"report":{"serial":"10000000a1","passed":25}',
    ),
    EntryType.CLOCK: (EmptyBody(), ""),
    EntryType.LOST: (EmptyBody(), ""),
    EntryType.RAW: (RawBody('{"seq":7,"t\x07'), '"body":"{\\"seq\\":7,\\"t\\u0007"'),
}
