// Instants of a page in the plant's own time.
import { dayAndTime } from "./time.js";

const zone = document.documentElement.dataset.timezone;
for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = dayAndTime(Date.parse(time.dateTime), zone);
  time.title = time.dateTime;
}
