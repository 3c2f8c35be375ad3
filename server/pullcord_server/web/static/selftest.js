// A station is asked to test itself; the page shows the report once it has come.
import { ask, send, tell } from "./deed.js";

const AGAIN_MS = 1000;
const PATIENCE_MS = 600_000;
const buttons = document.getElementById("selftest");
const path = `/api/v1/stations/${encodeURIComponent(buttons.dataset.station)}`;

buttons.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-guided]");
  if (!button) return;
  const guided = button.dataset.guided === "true";
  const values = await ask(`Self-test of ${buttons.dataset.station}`);
  if (!values) return;
  const made = await send(`${path}/selftest`, { ...values, guided }, "Asked: the report comes here when it is done");
  if (made) await wait(made.decision, Date.now() + PATIENCE_MS);
});

async function wait(decision, until) {
  while (Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    if (await has(decision)) return location.reload();
  }
  tell("No report came: is the station still there?", true);
}

async function has(decision) {
  const query = new URLSearchParams({ limit: "1000" });
  const found = await fetch(`${path}/selftests?${query}`).then((r) => r.json()).catch(() => ({ items: [] }));
  return found.items?.some((row) => row.asked === decision) ?? false;
}
