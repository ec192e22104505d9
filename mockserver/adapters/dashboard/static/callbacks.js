// Callbacks: the list, and each in full.

import { ask, path, query, Refusal } from "./api.js";
import { about, again, attemptsOf, outcome } from "./callback.js";
import { changed, section, verbatim } from "./detail.js";
import { make } from "./dom.js";
import { excerpt, time } from "./format.js";
import { List } from "./list.js";
import { on } from "./live.js";

export const view = { name: "callbacks", whole };

view.list = new List({
  name: "callbacks",
  none: "No callback yet. A create request with a callback_url leads to some.",
  key: ({ id }) => path(id),
  row: (callback) => [
    make("span", { class: "pill", "data-outcome": outcome(callback) }, outcome(callback)),
    make("span", { class: "id" }, callback.task_id),
    make("span", { class: "what" }, callback.status),
    make("span", { class: "text quiet" }, excerpt(callback.url)),
    make("span", { class: "tries quiet" }, tries(callback)),
    make("span", { class: "age quiet" }, time(callback.due)),
  ],
});

on("callbacks", () => {
  view.list.changed();
  changed(view);
});

function tries({ attempts }) {
  const last = attempts[attempts.length - 1];
  if (!last) return "not tried";
  return `${attempts.length} ${attempts.length > 1 ? "attempts" : "attempt"}, ${last.fault ?? `HTTP ${last.status}`}`;
}

async function whole(key) {
  const id = decodeURIComponent(key);
  const { items } = await ask("GET", `callbacks${query({ search: id, limit: 10 })}`);
  const callback = items.find((item) => item.id === id);
  if (!callback) throw new Refusal(`no callback ${id}, or no longer`, 404);
  return {
    title: `Callback of task ${callback.task_id}`,
    sections: [
      section("About", callback, () => [about(callback), again(callback)]),
      section("Attempts", callback.attempts, () => attemptsOf(callback)),
      section("Body", callback.body, () => verbatim(JSON.stringify(callback.body, null, 2), "Body")),
    ],
  };
}
