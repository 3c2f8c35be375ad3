// The board's stream: the newest board, how old the last word is, and connecting again.

/** Old data must look old within 5 s: what is left is for noticing. */
export const STALE_MS = 4700;
const AGAIN_MS = 2000;

export class Stream {
  /** `changed` is called after every message. */
  constructor(url, changed) {
    this.url = url;
    this.changed = changed;
    this.board = null;
    this.broker = false;
    this.silent = new Set();
    this.heard = null;
    this.began = this.tried = ticks();
    this.connect();
  }

  connect() {
    this.source?.close();
    this.tried = ticks();
    const source = (this.source = new EventSource(this.url));
    const take = (handle) => (event) => {
      if (source !== this.source) return;
      handle.call(this, JSON.parse(event.data));
      this.changed();
    };
    source.addEventListener("snapshot", take(this.takeBoard));
    source.addEventListener("change", take(this.takeChange));
    source.addEventListener("heartbeat", take(this.takeHeartbeat));
  }

  takeBoard(board) {
    this.board = board;
    this.hear(board);
    this.silent = new Set((board.stations ?? []).filter((row) => row.stale).map((row) => row.id));
  }

  /** What differs from the board before: whole values, and `rows` of long lists. */
  takeChange({ rows = {}, ...values }) {
    if (values.version !== this.board?.version + 1) return this.connect();
    const board = { ...this.board, ...values };
    for (const [name, others] of Object.entries(rows)) {
      const known = new Map(others.map((row) => [row.id, row]));
      board[name] = board[name].map((row) => known.get(row.id) ?? row);
    }
    this.takeBoard(board);
  }

  takeHeartbeat(beat) {
    this.hear(beat);
    if (beat.stale) this.silent = new Set(beat.stale);
    if (this.board && beat.version > this.board.version) this.connect();
  }

  hear({ now, broker }) {
    this.heard = { at: ticks(), now: Date.parse(now) };
    if (broker !== undefined) this.broker = broker;
  }

  /** Time since the last message, ms; before the first, since the page was opened. */
  get age() {
    return ticks() - (this.heard?.at ?? this.began);
  }

  get stale() {
    return this.board === null || this.age >= STALE_MS;
  }

  /** The server's time, as well as it is known here. */
  get now() {
    return this.heard ? this.heard.now + (ticks() - this.heard.at) : Date.now();
  }

  /** A silent or refused stream is opened again; call it often. */
  tend() {
    const closed = this.source.readyState === EventSource.CLOSED;
    const wait = closed ? AGAIN_MS : STALE_MS;
    if ((closed || this.age >= STALE_MS) && ticks() - this.tried >= wait) this.connect();
  }
}

/** Milliseconds that do not jump with the wall clock, and do not stop while the machine sleeps. */
let last = { tick: performance.now(), wall: Date.now(), sum: 0 };
function ticks() {
  const [tick, wall] = [performance.now(), Date.now()];
  const slept = wall - last.wall - (tick - last.tick);
  last = { tick, wall, sum: last.sum + (slept > 2000 ? slept : 0) };
  return tick + last.sum;
}
