// The board: every list from one state. `stale` says whose data is old; `now` is the server's time.
import { make, say, sync } from "./dom.js";
import { WORDS, flashTogether, shape } from "./lamp.js";
import { buildStation, updateStation } from "./station.js";
import { age, clock, dueTime, span } from "./time.js";

const byId = (id) => document.getElementById(id);
const words = (text) => text.replaceAll("_", " ");
const SLOTS = ["full", "in_transit", "in_process", "released", "empty"];
const COMING = { full: "full", in_transit: "on the way", in_process: "in work", released: "ordered", empty: "empty" };
const URGENCY = ["red", "stale", "amber", "none", "green"];
/** More rows than fit on any wall; the urgent ones come first. */
const MOST_LOOPS = 60;
const LAMP_OF = { material: "blue", quality: "red", "line-stop": "red", maintenance: "white", supervisor: "green" };
export const ACTIONS = {
  to_confirm: ["acknowledge", "arrive", "close"],
  raised: ["acknowledge", "arrive", "resolve"],
  acknowledged: ["arrive", "resolve"],
  at_station: ["resolve"],
  resolved: ["close"],
};
export const LABELS = { acknowledge: "Acknowledge", arrive: "At station", resolve: "Resolve", close: "Close" };

export function showBoard(board, stale, now, staleStation) {
  const { orders, calls, drops, timezone } = board;
  const loops = urgentFirst(board.loops, (row) => row.state).slice(0, MOST_LOOPS);
  const shown = (row) => (staleStation(row) ? "stale" : row.state);
  const few = board.stations.length <= 9; // then every station keeps its place
  const stations = few ? board.stations : urgentFirst(board.stations, shown);
  document.body.dataset.size = stations.length <= 4 ? "few" : few ? "some" : "many";
  say(byId("n-stations"), sum(stations.map(shown)));
  sync(byId("stations"), stations, (row) => row.id, buildStation, (tile, row) =>
    updateStation(tile, row, staleStation(row), now),
  );
  sync(byId("loops"), loops, (row) => row.id, buildLoop, (node, row) => updateLoop(node, row, stale));
  sync(byId("calls"), calls, (row) => row.id, buildCall, (node, row) => updateCall(node, row, now, timezone));
  sync(byId("orders"), orders, (row) => row.id, buildOrder, (node, row) => updateOrder(node, row, now, timezone));
  sync(byId("drops"), drops, (row) => `${row.journal}.${row.seq}`, buildDrop, (node, row) => updateDrop(node, row, timezone));
  say(byId("n-loops"), loops.length < board.loops.length ? `${loops.length} of ${board.loops.length}` : "");
  say(byId("n-calls"), calls.length ? String(calls.length) : "");
  say(byId("n-orders"), orders.length ? String(orders.length) : "");
  flashTogether();
}

function urgentFirst(rows, state) {
  return [...rows].sort((a, b) => URGENCY.indexOf(state(a)) - URGENCY.indexOf(state(b)));
}

/** `2 act now, 1 stale, 5 running`. */
function sum(states) {
  const counts = URGENCY.map((state) => [states.filter((s) => s === state).length, state]);
  return counts.filter(([n]) => n).map(([n, state]) => `${n} ${WORDS[state] ?? state}`).join(", ");
}

function buildLoop() {
  return make(
    "li",
    { class: "loop" },
    make("span", { class: "sign" }),
    make("div", { class: "what" }, make("b"), make("small")),
    make("div", { class: "slots", "aria-hidden": "true" }),
    make("b", { class: "sum" }),
    make("p", { class: "rest" }, make("span"), make("span", { class: "flag" })),
  );
}

function updateLoop(node, row, stale) {
  const [name, small] = node.querySelector(".what").children;
  say(name, row.name || row.item);
  say(small, `${row.id} · ${row.kind} · ${row.source} → ${row.consumer}`);
  const state = stale ? "stale" : row.state;
  if (node.dataset.state !== state) {
    node.dataset.state = state;
    const shown = state in WORDS && state !== "none";
    node.querySelector(".sign").replaceChildren(
      ...(shown ? [shape(state)] : []),
      make("span", { class: "hidden-text" }, stale ? "stale" : WORDS[state]),
    );
  }
  const slots = SLOTS.flatMap((state) => Array(row[state] ?? 0).fill(state)).slice(0, 40);
  sync(
    node.querySelector(".slots"),
    slots.map((state, index) => ({ state, index })),
    (slot) => slot.index,
    () => make("i"),
    (slot, { state }) => (slot.className = state),
  );
  say(node.querySelector(".sum"), `${row.full} of ${row.cards} full`);
  const [rest, flag] = node.querySelector(".rest").children;
  say(rest, SLOTS.slice(1).filter((s) => row[s]).map((s) => `${row[s]} ${COMING[s]}`).join(", "));
  say(flag, row.late ? `${row.late} LATE` : "");
}

function buildOrder() {
  return make("li", { class: "order" }, make("b", { class: "due" }), make("span", { class: "of" }), make("span", { class: "is" }), make("span", { class: "flag" }));
}

function updateOrder(node, row, now, zone) {
  node.dataset.late = row.late;
  const [due, of, is, flag] = node.children;
  const at = row.due_at === null ? null : Date.parse(row.due_at);
  say(due, at === null ? "waits" : dueTime(at, now, zone));
  say(of, `${row.quantity} × ${row.loop}`);
  say(is, words(row.state));
  say(flag, row.late ? `LATE ${span(now - at)}` : at === null ? "" : at < now ? "due now" : `in ${span(at - now)}`);
}

function buildCall(row) {
  return make(
    "li",
    { class: "call" },
    make("span", { class: "sign" }, shape(LAMP_OF[row.type] ?? "green")),
    make("div", { class: "what" }, make("b", {}, row.type.replace("-", " ")), make("span", { class: "where" }), make("small")),
    make("b", { class: "age" }),
    make("p", { class: "buttons" }),
  );
}

function updateCall(node, row, now, zone) {
  node.dataset.state = row.state;
  node.dataset.lamp = LAMP_OF[row.type] ?? "green";
  node.dataset.level = row.level;
  const [, where, small] = node.querySelector(".what").children;
  say(where, row.loop ? `${row.station} · ${row.loop}` : row.station);
  const said = [words(row.state), `by ${row.by ?? "–"}`];
  if (row.level) said.unshift(`LEVEL ${row.level}`);
  if (row.promised_at) said.push(`promised ${dueTime(Date.parse(row.promised_at), now, zone)}`);
  say(small, said.join(" · "));
  say(node.querySelector(".age"), age(now - Date.parse(row.raised_at)));
  sync(
    node.querySelector(".buttons"),
    ACTIONS[row.state] ?? [],
    (action) => action,
    (action) => make("button", { type: "button", "data-action": action }, LABELS[action]),
    (button, action) => {
      button.dataset.call = row.id;
      button.setAttribute("aria-label", `${LABELS[action]}: ${row.type} call at ${row.station}`);
    },
  );
}

function buildDrop() {
  return make("li", { class: "drop" }, make("time"), make("b"), make("span", { class: "step" }), make("span", { class: "verdict" }));
}

function updateDrop(node, row, zone) {
  const [time, card, step, verdict] = node.children;
  say(time, clock(Date.parse(row.at), zone));
  say(card, row.card ?? "?");
  say(step, `${words(row.type)} · ${row.station}`);
  say(verdict, row.verdict === null ? "…" : words(row.verdict));
}
