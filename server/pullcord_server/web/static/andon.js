// The andon board: live from its stream, and visibly old when it is.
import { listen } from "./act.js";
import { showBoard } from "./board.js";
import { make, say, sync } from "./dom.js";
import { STALE_MS, Stream } from "./stream.js";
import { clock, span } from "./time.js";

const byId = (id) => document.getElementById(id);
const SECOND = 1000;
let announced = null;
let shown = { at: 0, stale: null };

function show() {
  const { board, stale, now } = stream;
  shown = { at: performance.now(), stale };
  const broken = stale || !stream.broker;
  document.body.classList.toggle("stale", stale);
  const silent = (row) => broken || !row.online || stream.silent.has(row.id);
  showStale(stale);
  showLinks(board, stale, silent);
  if (!board) return;
  say(byId("clock"), clock(now, board.timezone));
  showBoard(board, stale, now, silent);
  showDemo(board);
  announce(board, silent);
}

function showStale(stale) {
  const banner = byId("stale");
  const waits = stream.age < STALE_MS && stream.board === null;
  banner.hidden = waits || (!stale && stream.broker);
  if (banner.hidden) return;
  say(byId("stale-why"), stale ? "STALE: no word from the server" : "STALE: the broker is gone, no station is heard");
  say(byId("stale-age"), stale ? `for ${span(stream.age)}` : "");
}

function showLinks(board, stale, silent) {
  link("server", stale ? (board || stream.age >= STALE_MS ? "gone" : "wait") : "live");
  link("broker", stale ? "wait" : stream.broker ? "live" : "gone");
  const stations = board?.stations ?? [];
  const live = stations.filter((row) => !silent(row)).length;
  link("stations", live === stations.length ? "live" : "gone", `${live} of ${stations.length}`);
}

function link(name, state, text = { live: "live", gone: "gone", wait: "–" }[state]) {
  const node = byId(`link-${name}`);
  node.dataset.link = state;
  say(node.querySelector("b"), text);
}

function showDemo(board) {
  byId("demo").hidden = board.demo !== true;
  if (board.demo !== true) return;
  const cards = board.loops.flatMap((loop) =>
    Array.from({ length: loop.cards }, (_, n) => `${loop.id}-${String(n + 1).padStart(3, "0")}`),
  );
  sync(byId("demo-cards"), cards.slice(0, 500), (card) => card, (card) => make("option", { value: card }), () => {});
}

/** What somebody who does not see the board must hear: stations that turned red or fell silent, new calls. */
function announce(board, silent) {
  const loud = board.stations.filter((row) => row.state === "red" && !silent(row)).map((row) => `${row.id}: act now`);
  const lost = board.stations.filter(silent).map((row) => `${row.id}: stale`);
  const calls = board.calls.filter((row) => row.state === "raised").map((row) => `${row.type} call at ${row.station}`);
  const heard = new Set([...loud, ...lost, ...calls]);
  if (announced) {
    const fresh = [...heard].filter((text) => !announced.has(text));
    if (fresh.length) say(byId("announce"), fresh.join("; "));
  }
  announced = heard;
}

const stream = new Stream("/api/v1/andon/stream", show);
listen(() => stream.board);
show();
setInterval(() => {
  stream.tend();
  if (stream.stale !== shown.stale || performance.now() - shown.at >= SECOND) show();
}, 250);
