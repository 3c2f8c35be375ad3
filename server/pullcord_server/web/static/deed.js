// A change that a person makes: their name once, what it needs to say, and what the server said to it.
import { make, say } from "./dom.js";

const KEY = "pullcord.by";

/** POST a change; what the server answered, or null where it was not done. */
export async function send(path, body, done) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) {
      tell(done, false);
      return answer;
    }
    tell(`Not done: ${answer.detail ?? answer.title ?? `HTTP ${response.status}`}`, true);
  } catch {
    tell("Not done: the server does not answer", true);
  }
  return null;
}

let timer = null;
export function tell(text, bad) {
  const notice = document.getElementById("notice");
  say(notice, text);
  notice.classList.toggle("bad", bad);
  clearTimeout(timer);
  timer = setTimeout(() => say(notice, ""), bad ? 15000 : 4000);
}

export function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function remember(by) {
  try {
    localStorage.setItem(KEY, by);
  } catch {
    // a browser that keeps nothing asks again
  }
}

const NAME = { name: "by", label: "Your name or badge", required: true, maxlength: 60, autocomplete: "username" };

/**
 * Ask for the name, where it is not known, and for `fields`; null where somebody thinks better of it.
 * A field: name, label, type, value, options, required; `judge(values, form)` sees each change.
 */
export function ask(title, fields = [], judge = () => {}) {
  const by = remembered();
  const wanted = by ? fields : [NAME, ...fields];
  if (!wanted.length) return Promise.resolve({ by });
  const form = make("form", { method: "dialog" }, make("h2", {}, title), ...wanted.map(control));
  form.append(
    make(
      "p",
      { class: "buttons confirm" }, // the first is what Enter presses
      make("button", { value: "go", class: "main" }, "OK"),
      make("button", { value: "cancel", formnovalidate: "", class: "quiet" }, "Cancel"),
    ),
  );
  const dialog = make("dialog", { "aria-label": title }, form);
  document.body.append(dialog);
  const look = () => judge(read(form), form);
  form.addEventListener("input", look);
  look();
  dialog.showModal();
  form.querySelector("input, select")?.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const values = { by, ...read(form) };
      dialog.remove();
      if (dialog.returnValue !== "go") return resolve(null);
      remember(values.by);
      resolve(values);
    });
  });
}

function control({ label, options, value, type = "text", ...attributes }) {
  if (attributes.required === true) attributes.required = "";
  else delete attributes.required;
  if (options) {
    const select = make("select", attributes, ...options.map(([v, text]) => make("option", { value: v }, text)));
    select.value = value ?? options[0][0];
    return make("label", { "data-field": attributes.name }, label, select);
  }
  const input = make("input", { type, autocomplete: "off", ...attributes });
  if (type === "checkbox") return make("label", { "data-field": attributes.name, class: "check" }, input, label);
  input.value = value ?? "";
  return make("label", { "data-field": attributes.name }, label, input);
}

function read(form) {
  const values = {};
  for (const { name, type, value, checked } of form.elements) {
    if (name) values[name] = type === "checkbox" ? checked : value.trim();
  }
  return values;
}
