// A station's tile: its name, one big word, its stack, what else it says.
import { make, say, sync } from "./dom.js";
import { COLOURS, WORDS, buildStack, shape, updateStack } from "./lamp.js";
import { span } from "./time.js";

const STATES = ["red", "amber", "green"];

export function buildStation(row) {
  return make(
    "li",
    { class: "tile" },
    make("div", { class: "stacks" }),
    make(
      "div",
      { class: "words" },
      make("h3", {}, row.id),
      make("p", { class: "state" }),
      make("ul", { class: "notes" }),
    ),
  );
}

/** `stale`: whether this station's data is old, whatever the reason; `now`: the server's time. */
export function updateStation(tile, row, stale, now) {
  tile.dataset.state = stale ? "stale" : row.state;
  const lights = Object.entries(row.lamps);
  sync(
    tile.querySelector(".stacks"),
    lights,
    ([name]) => name,
    ([name]) => buildStack(`${row.id}, ${name}`),
    (stack, [, lamps]) => updateStack(stack, stale ? null : lamps),
  );
  say(tile.querySelector(".state"), stale ? `STALE${since(row, now)}` : word(row));
  notes(tile.querySelector(".notes"), row, stale);
}

function since(row, now) {
  return row.heard === null ? "" : ` ${span(now - Date.parse(row.heard))}`;
}

function word(row) {
  return STATES.includes(row.state) ? WORDS[row.state] : "not in service";
}

const CALLED = { slow: "called", fast: "called, nobody came", on: "called, answered" };

function secondWord(row, colour, pattern) {
  if (colour === "blue") return CALLED[pattern];
  if (pattern !== "on") return "task: take out, repair or test";
  return row.state === "none" ? "task: fill the loop" : "task: cards wait";
}

function notes(list, row, stale) {
  const said = [];
  if (!row.online) said.push(["off", "offline", null]);
  if (!stale) {
    for (const colour of COLOURS) {
      const patterns = Object.values(row.lamps).map((lamps) => lamps[colour]);
      const pattern = ["fast", "slow", "on"].find((p) => patterns.includes(p));
      const second = colour === "blue" || colour === "white";
      if (pattern && (second || (colour === "red" && pattern === "fast"))) {
        said.push([colour, colour === "red" ? "nobody has it yet" : secondWord(row, colour, pattern), colour]);
      }
    }
  }
  if (row.backlog > 0) said.push(["backlog", `${row.backlog} waiting to be sent`, null]);
  for (const fault of row.faults) said.push([`fault ${fault}`, `fault: ${fault}`, null]);
  sync(
    list,
    said,
    ([key]) => key,
    ([key, , colour]) =>
      make("li", { class: colour ?? (key.startsWith("fault") ? "fault" : null) }, ...(colour ? [shape(colour)] : []), make("span")),
    (node, [, text]) => say(node.lastChild, text),
  );
}
