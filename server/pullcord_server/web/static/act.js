// What people do on the board: a button, their name once, a cause where one is needed.
import { LABELS } from "./board.js";
import { remember, remembered, send } from "./deed.js";
import { say } from "./dom.js";

const dialog = document.getElementById("act");
const form = dialog.querySelector("form");
const NEEDS_CAUSE = { resolve: () => true, close: (state) => state !== "resolved" };

export function listen(board) {
  document.getElementById("calls").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-action]");
    if (button) press(board(), button.dataset.call, button.dataset.action);
  });
  document.getElementById("demo").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.elements.card;
    send("/demo/drop", { card: input.value.trim() }, `dropped ${input.value.trim()}`);
    input.select();
  });
}

async function press(board, id, action) {
  const call = board?.calls.find((row) => row.id === id);
  if (!call) return;
  const needsCause = NEEDS_CAUSE[action]?.(call.state) ?? false;
  let by = remembered();
  let cause = null;
  if (!by || needsCause) {
    const answer = await ask(`${LABELS[action]}: ${call.type} call at ${call.station}`, by, needsCause);
    if (!answer) return;
    ({ by, cause } = answer);
  }
  const body = cause ? { by, cause } : { by };
  await send(`/api/v1/calls/${encodeURIComponent(id)}/${action}`, body, `${LABELS[action]}: done`);
}

function ask(title, by, needsCause) {
  say(dialog.querySelector("h2"), title);
  form.elements.by.value = by;
  form.elements.cause.value = "";
  form.elements.cause.required = needsCause;
  form.querySelector("[data-cause]").hidden = !needsCause;
  dialog.returnValue = "";
  dialog.showModal();
  (by && needsCause ? form.elements.cause : form.elements.by).focus();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "go") return resolve(null);
        const name = form.elements.by.value.trim();
        remember(name);
        resolve({ by: name, cause: form.elements.cause.value.trim() || null });
      },
      { once: true },
    );
  });
}
