// The last reads of a station, asked for again every 2 s; old ones look old when no answer comes.
import { dayAndTime } from "./time.js";

const AGAIN_MS = 2000;
const OLD_MS = 5000;
const zone = document.documentElement.dataset.timezone;
let heard = Date.now();

async function again() {
  const text = await fetch(`${location.pathname}/reads`).then((r) => (r.ok ? r.text() : "")).catch(() => "");
  const found = text && new DOMParser().parseFromString(text, "text/html").getElementById("reads");
  const shown = document.getElementById("reads");
  if (found) {
    heard = Date.now();
    for (const time of found.querySelectorAll("time[datetime]")) {
      time.textContent = dayAndTime(Date.parse(time.dateTime), zone);
    }
    if (found.innerHTML !== shown.innerHTML) shown.innerHTML = found.innerHTML;
  }
  shown.classList.toggle("stale", Date.now() - heard > OLD_MS);
  setTimeout(again, AGAIN_MS);
}

setTimeout(again, AGAIN_MS);
