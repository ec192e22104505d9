// Times, spans and JSON as people read them.

const two = (number) => String(number).padStart(2, "0");

/** The time of day here, to the millisecond. */
export function time(millis) {
  const date = new Date(millis);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** The day here. */
export function day(millis) {
  const date = new Date(millis);
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
}

/** The day and the time here. */
export function moment(millis) {
  return `${day(millis)} ${time(millis)}`;
}

/** A span in its two largest units. */
export function span(millis) {
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(Math.floor(millis / 100) / 10).toFixed(millis < 10_000 ? 1 : 0)} s`;
  const seconds = Math.floor(millis / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** How long ago a moment is, or in how long it will be, in whole seconds. */
export function distance(moment, now) {
  const away = moment - now;
  if (Math.abs(away) < 1000) return "now";
  const whole = span(Math.floor(Math.abs(away) / 1000) * 1000).replace(".0 s", " s");
  return away < 0 ? `${whole} ago` : `in ${whole}`;
}

/** When something is or was to be: what is still to come by how far away it is, what is over by its `time`. */
export function toCome(moment, now, time) {
  return moment - now >= 1000 ? distance(moment, now) : time(moment);
}

/** A number of things. */
export function count(number) {
  return number.toLocaleString("en").replaceAll(",", "\u202f");
}

/** A text, cut where it is longer than a row can show. */
export function excerpt(text, length = 200) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/**
 * Indent JSON. Its tokens stay as they were sent: a number keeps its digits, a repeated name is repeated, and a body
 * that was cut is shown as far as it goes. What does not begin as JSON does is left alone.
 */
export function indented(text) {
  if (!/^\s*[[{]/.test(text)) return text;
  let depth = 0;
  let laid = "";
  const line = () => `\n${"  ".repeat(Math.min(depth, 40))}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{[]\s*[}\]]|[{}[\],:]|[^\s{}[\],:"]+/gsu)) {
    if (token === "{" || token === "[") {
      depth += 1;
      laid += token + line();
    } else if (token === "}" || token === "]") {
      depth = Math.max(depth - 1, 0);
      laid += line() + token;
    } else if (token === ",") laid += token + line();
    else laid += token === ":" ? ": " : token;
  }
  return laid;
}

/** How long an answer took; nothing is known of one that never ended. */
export function latency(millis) {
  if (millis == null) return "–";
  return millis < 100 ? `${millis.toFixed(millis < 10 ? 1 : 0)} ms` : span(millis);
}
