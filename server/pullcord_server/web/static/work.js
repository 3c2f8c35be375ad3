// The screen of a process: one next job, what is in work, the queue, tasks.
import { ask, send } from "./deed.js";
import { make, say, sync } from "./dom.js";
import { follow, showTasks, timing } from "./live.js";

const byId = (id) => document.getElementById(id);
const process = byId("process").dataset.id;
const path = (job, step) => `/api/v1/orders/${encodeURIComponent(job.id)}/${step}`;

function show(board, now) {
  const { next_job: next, in_work: inWork, queue, more, tasks, timezone } = board;
  const rest = queue.slice(1);
  list("next", next ? [next] : [], (node, job) => update(node, job, now, timezone, next));
  list("in-work", inWork, (node, job) => update(node, job, now, timezone, next));
  list("queue", rest, (node, job) => update(node, job, now, timezone, next));
  say(byId("n-in-work"), inWork.length ? String(inWork.length) : "");
  say(byId("n-queue"), rest.length ? String(rest.length + more) : "");
  showTasks(tasks, timezone);
}

const list = (id, jobs, each) => sync(byId(id), jobs, (job) => job.id, build, each);

function build() {
  return make(
    "li",
    {},
    make("div", { class: "what" }, make("b"), make("span", { class: "of" }), make("small")),
    make("p", { class: "due" }, make("span"), make("span", { class: "flag" })),
    make("p", { class: "buttons" }),
  );
}

function update(node, job, now, zone, next) {
  const [name, of, small] = node.querySelector(".what").children;
  say(name, `${job.quantity} × ${job.name}`);
  say(of, job.consumer === process ? job.loop : `${job.loop} · for ${job.consumer}`);
  const lot = job.done ? `${job.done} made, ${job.cards.length} left` : job.cards.length > 1 ? `${job.cards.length} boxes` : "";
  say(small, [job.cards.join(", "), lot].filter(Boolean).join(" · "));
  const [due, flag] = node.querySelector(".due").children;
  timing(due, flag, job, now, zone);
  const first = next?.id === job.id;
  const turn = job.state !== "released" || first || job.urgent;
  const text = { start: turn ? "Start" : "Start now…", finish: "Finish…" }[job.step];
  const buttons = turn || job.step === "start" ? [[job.step, text]] : [];
  sync(
    node.querySelector(".buttons"),
    buttons,
    ([step, label]) => step + label,
    ([step, label]) => make("button", { type: "button", class: turn ? "main" : "quiet", "data-step": step }, label),
    (button, [step, label]) => {
      button.setAttribute("aria-label", `${label.replace("…", "")}: ${job.quantity} × ${job.name}, ${job.loop}`);
      button.onclick = () => (step === "start" ? begin(job, next, turn) : finish(job));
    },
  );
}

async function begin(job, next, turn) {
  const why = { name: "reason", label: `Why before ${next?.quantity} × ${next?.name}?`, required: true, maxlength: 200 };
  const values = await ask(`Start ${job.quantity} × ${job.name}`, turn ? [] : [why]);
  if (values) await send(path(job, "start"), values, `started ${job.quantity} × ${job.name}`);
}

const ALL = "";

async function finish(job) {
  const lot = job.cards.length > 1;
  const boxes = [...job.cards.map((card) => [card, `one box: ${card}`]), [ALL, `all ${job.cards.length} boxes`]];
  const full = lot ? job.box : job.quantity;
  const values = await ask(
    `Finish ${job.quantity} × ${job.name}`,
    [
      ...(lot ? [{ name: "card", label: "What is done", options: boxes }] : []),
      { name: "quantity", label: "Good pieces in the box", type: "number", min: 0, max: 1000000, value: full, required: true, inputmode: "numeric" },
      ...(lot ? [{ name: "complete", label: "No more of this lot will come", type: "checkbox" }] : []),
      { name: "reason", label: `Why not ${full}, or not all?`, maxlength: 200 },
    ],
    (found, form) => {
      const all = lot && found.card === ALL;
      const asked = (!all && Number(found.quantity) !== full) || (!all && found.complete);
      form.querySelector('[data-field="quantity"]').hidden = all;
      form.querySelector('[data-field="reason"]').hidden = !asked;
      form.elements.reason.required = Boolean(asked);
    },
  );
  if (!values) return;
  const { by, card, quantity, complete, reason } = values;
  const body = { by };
  if (lot && card !== ALL) body.cards = [card];
  if ((!lot || card !== ALL) && Number(quantity) !== full) body.quantity = Number(quantity);
  if (complete && card !== ALL) body.complete = true;
  if (reason) body.reason = reason;
  await send(path(job, "finish"), body, `finished ${job.quantity} × ${job.name}`);
}

follow(`/api/v1/processes/${encodeURIComponent(process)}/stream`, show);
