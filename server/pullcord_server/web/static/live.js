// What the screens of people at work share: a stream that looks old when it is, names, times, tasks.
import { ask, remember, remembered, send } from "./deed.js";
import { make, say, sync } from "./dom.js";
import { STALE_MS, Stream } from "./stream.js";
import { clock, dayAndTime, dueTime, span } from "./time.js";

const byId = (id) => document.getElementById(id);
const SECOND = 1000;

/** Show every board of a stream, each second anew. */
export function follow(url, show) {
  let shown = { at: 0, stale: null };
  const draw = () => {
    const { board, stale, now } = stream;
    shown = { at: performance.now(), stale };
    const waits = board === null && stream.age < STALE_MS;
    document.body.classList.toggle("stale", stale && !waits);
    byId("stale").hidden = !stale || waits;
    say(byId("stale"), stale && !waits ? `STALE: no word from the server for ${span(stream.age)}` : "");
    byId("link").dataset.link = waits ? "wait" : stale ? "gone" : "live";
    say(byId("link").querySelector("b"), waits ? "connecting" : stale ? "gone" : "live");
    if (!board) return;
    say(byId("clock"), clock(now, board.timezone));
    show(board, now);
  };
  const stream = new Stream(url, draw);
  draw();
  setInterval(() => {
    stream.tend();
    if (stream.stale !== shown.stale || performance.now() - shown.at >= SECOND) draw();
  }, 250);
}

/** When it is due, and LATE or urgent in words. */
export function timing(due, flag, row, now, zone) {
  const at = row.due_at === null ? null : Date.parse(row.due_at);
  const left = at === null ? "" : at < now ? (row.late ? "" : "due now") : `in ${span(at - now)}`;
  say(due, at === null ? "" : [dueTime(at, now, zone), left].filter(Boolean).join(" · "));
  say(flag, [row.late && at !== null ? `LATE ${span(now - at)}` : "", row.urgent ? "URGENT" : ""].filter(Boolean).join(" "));
  due.closest("li").dataset.late = row.late;
}

const TASKS = {
  take_out: (row) => `Take ${row.card} out of the post ${row.station}`,
  take_box_out: (row) => `Take the box of ${row.card} away`,
  find_card: (row) => `Look for ${row.card}`,
  still_needed: (row) => `Read while ${row.station} was offline: still needed?`,
};

export function showTasks(tasks, zone) {
  say(byId("n-tasks"), tasks.length ? String(tasks.length) : "");
  sync(byId("tasks"), tasks, (row) => row.id, buildTask, (node, row) => updateTask(node, row, zone));
}

function buildTask(row) {
  return make(
    "li",
    { class: "task" },
    make("div", { class: "what" }, make("b"), make("small")),
    make("ul", { class: "asked" }),
    make("p", { class: "buttons" }),
  );
}

function updateTask(node, row, zone) {
  const [what, small] = node.querySelector(".what").children;
  say(what, TASKS[row.type]?.(row) ?? `${row.type.replaceAll("_", " ")} ${row.card ?? ""}`);
  const reason = row.type === "still_needed" ? "tick what was served by hand" : row.reason;
  say(small, [reason, dayAndTime(Date.parse(row.at), zone)].filter(Boolean).join(" · "));
  const list = node.querySelector(".asked");
  sync(list, row.asked, (order) => order.id, buildOrder, () => {});
  const buttons = row.asked.length ? [["served", "Served by hand"], ["needed", "All still needed"]] : [["done", "Done"]];
  sync(
    node.querySelector(".buttons"),
    buttons,
    ([deed]) => deed,
    ([deed, label]) => make("button", { type: "button", "data-deed": deed }, label),
    (button, [deed, label]) => {
      button.setAttribute("aria-label", `${label}: ${what.textContent}`);
      button.onclick = () => (deed === "served" ? serve(row, list) : finish(row, label));
    },
  );
}

function buildOrder(order) {
  const box = make("input", { type: "checkbox", value: order.id });
  return make("li", {}, make("label", { class: "check" }, box, `${order.quantity} × ${order.item}, ${order.cards.join(", ")}`));
}

async function finish(row, label) {
  const values = await ask(`${label}?`);
  if (values) await send(`/api/v1/tasks/${encodeURIComponent(row.id)}/done`, values, `${label.toLowerCase()}: noted`);
}

async function serve(row, list) {
  const orders = [...list.querySelectorAll("input:checked")].map((box) => box.value);
  if (!orders.length) {
    list.querySelector("input")?.focus();
    return;
  }
  const values = await ask(`Served by hand: ${orders.length} of ${row.asked.length}`);
  if (!values) return;
  const body = { ...values, orders, reason: `served by hand while ${row.station} was offline` };
  await send("/api/v1/orders/close", body, `${orders.length} closed`);
}

const who = byId("who");
const name = () => say(who, remembered() ? `You: ${remembered()}` : "Your name");
who.addEventListener("click", async () => {
  const before = remembered();
  remember("");
  const values = await ask("Who is at this screen?");
  remember(values?.by ?? before);
  name();
});
window.addEventListener("focusin", name);
name();
