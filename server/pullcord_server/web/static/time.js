// Instants (ms) and durations as people read them.

const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    try {
      formats.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }));
    } catch {
      formats.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }));
    }
  }
  return formats.get(key);
}

export const clock = (at, zone) =>
  format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);

export const dayAndTime = (at, zone) =>
  format(zone, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(at);

const day = (at, zone) => format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);

/** Hours and minutes; with the weekday where it is not the day of `now`. */
export function dueTime(at, now, zone) {
  const minutes = { hour: "2-digit", minute: "2-digit" };
  const other = day(at, zone) !== day(now, zone);
  return format(zone, other ? { weekday: "short", ...minutes } : minutes).format(at);
}

/** `4:07`, `1:04:07`. */
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return hours ? `${hours}:${rest}` : rest.replace(/^0(\d)/, "$1");
}

/** `12 s`, `4 min`, `2 h 10 min`, `3 d`. */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  if (min < 48 * 60) return `${Math.floor(min / 60)} h ${min % 60} min`;
  return `${Math.floor(min / 1440)} d`;
}
