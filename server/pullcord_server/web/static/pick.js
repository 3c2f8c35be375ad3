// The screen of a handler: what to fetch and to bring, by routes; tasks; posts that are emptied.
import { ask, send, tell } from "./deed.js";
import { make, say, sync } from "./dom.js";
import { follow, showTasks, timing } from "./live.js";

const byId = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const source = asked.get("source");
const MINUTE = 60_000;
let clock = () => Date.now();

function show(board, now) {
  clock = () => now;
  places(board.counts);
  sync(byId("routes"), board.routes, (route) => route.source, buildRoute, (node, route) =>
    sync(node.lastChild, route.stops, (stop) => stop.consumer, (stop) => buildStop(route, stop), (stopNode, stop) =>
      sync(stopNode.lastChild, stop.picks, (pick) => pick.id, buildPick, (row, pick) => update(row, pick, now, board.timezone)),
    ),
  );
  byId("routes").dataset.empty = board.routes.length === 0;
  byId("more").hidden = !board.more;
  say(byId("more"), "There is more: choose where you fetch.");
  showTasks(board.tasks, board.timezone);
}

function places(counts) {
  const of = new Map();
  for (const row of counts) of.set(row.source, (of.get(row.source) ?? 0) + row.number);
  if (source && !of.has(source)) of.set(source, 0);
  const all = [...of.values()].reduce((sum, n) => sum + n, 0);
  const chips = [[null, "All", all], ...[...of].map(([place, n]) => [place, place, n])];
  sync(
    byId("places"),
    chips,
    ([place]) => place ?? "",
    ([place]) => make("a", { href: place === null ? "/pick" : `/pick?source=${encodeURIComponent(place)}` }),
    (node, [place, name, number]) => {
      say(node, `${name} ${number}`);
      if (place === source) node.setAttribute("aria-current", "true");
    },
  );
}

function buildRoute(route) {
  return make("section", { class: "route" }, make("h2", {}, `Fetch at ${route.source}`), make("div", { class: "stops" }));
}

function buildStop(route, stop) {
  return make("div", { class: "stop" }, make("h3", {}, `for ${stop.consumer}`), make("ul", { class: "jobs" }));
}

function buildPick() {
  return make(
    "li",
    {},
    make("div", { class: "what" }, make("b"), make("span", { class: "of" }), make("small")),
    make("p", { class: "due" }, make("span"), make("span", { class: "flag" })),
    make("p", { class: "buttons" }, make("button", { type: "button", class: "main" })),
  );
}

const LABELS = { dispatch: "Picked", arrival: "Delivered" };

function update(node, pick, now, zone) {
  node.dataset.state = pick.state;
  const [name, of, small] = node.querySelector(".what").children;
  say(name, `${pick.quantity} × ${pick.name}`);
  say(of, pick.state === "in_transit" ? "on the way" : "");
  say(small, pick.cards.join(", "));
  const [due, flag] = node.querySelector(".due").children;
  timing(due, flag, pick, now, zone);
  const button = node.querySelector("button");
  say(button, LABELS[pick.step]);
  button.setAttribute("aria-label", `${LABELS[pick.step]}: ${pick.quantity} × ${pick.name}, ${pick.cards.join(", ")}`);
  button.onclick = () => move(pick);
}

async function move(pick) {
  const values = await ask(`${LABELS[pick.step]}: ${pick.quantity} × ${pick.name}`);
  if (!values) return;
  const done = `${LABELS[pick.step].toLowerCase()}: ${pick.quantity} × ${pick.name}`;
  await send(`/api/v1/orders/${encodeURIComponent(pick.id)}/${pick.step}`, values, done);
}

byId("collect").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { station, counted } = event.target.elements;
  const values = await ask(`Empty ${station.value}`);
  if (!values) return;
  const body = counted.value === "" ? values : { ...values, counted: Number(counted.value) };
  const since = new Date(clock() - MINUTE).toISOString();
  const made = await send(`/api/v1/stations/${encodeURIComponent(station.value)}/collect`, body, `${station.value} is emptied`);
  if (!made) return;
  counted.value = "";
  const query = new URLSearchParams({ station: station.value, type: "count_differs", since });
  const found = await fetch(`/api/v1/findings?${query}`).then((r) => r.json()).catch(() => ({ items: [] }));
  const differs = found.items?.some((row) => row.entry === made.decision && row.resolved_at === null);
  if (differs) tell(`${station.value} is emptied, but it read another number of cards than ${body.counted}: see the findings`, true);
});

const query = new URLSearchParams([...asked].filter(([name]) => name === "source" || name === "consumer"));
follow(`/api/v1/picks/stream${query.size ? `?${query}` : ""}`, show);
