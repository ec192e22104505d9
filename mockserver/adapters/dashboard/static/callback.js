// One callback: what was to be said where, and what became of each attempt.

import { ask, path } from "./api.js";
import { facts, verbatim } from "./detail.js";
import { make } from "./dom.js";
import { moment, span, time } from "./format.js";
import { act } from "./notice.js";

const SHOWN = 20;

/** What became of a callback, in a word. */
export function outcome({ is_delivered, is_forgotten, attempts }) {
  if (is_forgotten) return "forgotten";
  if (is_delivered) return "delivered";
  return attempts.length ? "undelivered" : "waiting";
}

/** A callback as a part of something else. */
export function callbackItem(callback) {
  return [
    make(
      "p",
      { class: "now" },
      make("span", { class: "pill", "data-outcome": outcome(callback) }, outcome(callback)),
      make("span", {}, "says ", make("b", {}, callback.status), ", due ", time(callback.due)),
    ),
    ...attemptsOf(callback),
    make(
      "details",
      {},
      make("summary", {}, `Body of ${callback.id}`),
      verbatim(JSON.stringify(callback.body, null, 2), "Body"),
    ),
    again(callback),
  ];
}

/** The facts of a callback. */
export function about(callback) {
  return facts({
    Task: make("a", { href: `#tasks/${path(callback.service, callback.task_id)}` }, callback.task_id),
    Says: callback.status,
    To: callback.url,
    Due: moment(callback.due),
    Id: callback.id,
  });
}

/** Each attempt: when, how long it took, and how it was answered. */
export function attemptsOf({ attempts, is_forgotten }) {
  if (is_forgotten) {
    return [make("p", { class: "quiet" }, "It was sent so long ago that its attempts are no longer remembered.")];
  }
  if (!attempts.length) return [make("p", { class: "quiet" }, "Not tried yet.")];
  const left = attempts.length - SHOWN;
  const items = attempts.slice(-SHOWN).map(({ at, took, status, fault }) => {
    const isGood = status !== null && status >= 200 && status < 300;
    const result = make("span", { class: isGood ? "good" : "bad" }, fault ?? `HTTP ${status}`);
    return make("li", {}, time(at), " · ", result, ` · ${span(took)}`);
  });
  return [left > 0 && make("p", { class: "quiet" }, `${left} before these`), make("ol", { class: "attempts" }, items)];
}

/** A button that sends a callback again. */
export function again(callback) {
  const send = (event) =>
    act(event.currentTarget, () => ask("POST", `callbacks/${path(callback.id)}/send`), "Sent again.");
  return make("button", { type: "button", name: `send ${callback.id}`, click: send }, "Send again");
}
