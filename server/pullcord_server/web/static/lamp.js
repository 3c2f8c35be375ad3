// The five lamps: always the same place, shape, word and colour.
import { make, say } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  red: "M13 4h14l9 9v14l-9 9H13l-9-9V13z",
  amber: "M20 4l17 31H3z",
  green: "M20 4a16 16 0 1 1 0 32a16 16 0 1 1 0-32z",
  blue: "M20 2l18 18-18 18L2 20z",
  white: "M3 12h34v16H3z",
};
export const WORDS = { red: "act now", amber: "look now", green: "running", blue: "called", white: "task", none: "not judged" };
export const COLOURS = Object.keys(SHAPES);

/** The shape of a colour. */
export function shape(colour) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 40 40");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[colour] ?? SHAPES.green);
  svg.append(path);
  return svg;
}

export function buildStack(name) {
  const lamps = COLOURS.map((colour) =>
    make("li", { class: `lamp ${colour}`, "data-colour": colour }, shape(colour), make("span", { class: "hidden-text" })),
  );
  return make("ul", { class: "stack", "aria-label": `lamps of ${name}` }, ...lamps);
}

/** `lamps`: colour → pattern; null: not known, nothing burns. */
export function updateStack(stack, lamps) {
  for (const lamp of stack.children) {
    const colour = lamp.dataset.colour;
    const pattern = lamps === null ? "unknown" : (lamps[colour] ?? "off");
    lamp.dataset.pattern = pattern;
    say(lamp.lastChild, `${colour} ${pattern}`);
  }
}

/** All lamps flash together, so that a board of many never flashes faster than one lamp. */
export function flashTogether() {
  for (const animation of document.getAnimations()) {
    if (animation.startTime !== 0) animation.startTime = 0;
  }
}
