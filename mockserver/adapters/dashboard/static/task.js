// One task in full: its results, its life, what it was made of, and what can be done to it.

import { ask, path } from "./api.js";
import { callbackItem } from "./callback.js";
import { again, facts, section, verbatim } from "./detail.js";
import { make } from "./dom.js";
import { moment } from "./format.js";
import { player } from "./media.js";
import { act, confirmed } from "./notice.js";
import { bar, pill, steps } from "./timeline.js";

const STATES = ["submitted", "processing", "succeed", "failed"];
const SHOWN = 50;

/** Return the sections of a task, by the end of its address. */
export async function whole(key) {
  const task = await ask("GET", `tasks/${key}`);
  const { service, id, results, timeline, created_at, callbacks } = task;
  return {
    title: `Task ${id}`,
    sections: [
      section("State", { id, timeline, reason: task.reason }, () => life(task)),
      results.length && section("Results", { results }, () => results.map((url, n) => player(url, n, results.length))),
      section("Force", { service, id, reasons: task.reasons }, () => forcing(task)),
      section("About", { id, created_at }, () => about(task)),
      callbacks.length && section("Callbacks", callbacks, () => sent(callbacks)),
      section("Payload", task.payload, () => verbatim(JSON.stringify(task.payload, null, 2), "Payload")),
    ].filter(Boolean),
  };
}

function life(task) {
  const reason = task.reason && make("p", { class: "reason" }, task.reason);
  return [make("p", { class: "now" }, pill(task, again), bar(task, true)), reason, steps(task)];
}

function about(task) {
  return facts({
    Operation: task.operation,
    "External id": task.external_id,
    Account: task.account,
    Created: moment(task.created_at),
    "Callback to": task.callback_url,
    Exchanges: make("a", { href: `#requests?search=${encodeURIComponent(task.id)}` }, "Show those that name this task"),
  });
}

function sent(callbacks) {
  const left = callbacks.length - SHOWN;
  return make(
    "ul",
    { class: "cards" },
    callbacks.slice(-SHOWN).map((callback) => make("li", {}, callbackItem(callback))),
    left > 0 && make("li", { class: "quiet" }, `and ${left} before these`),
  );
}

function forcing({ service, id, reasons }) {
  const address = `tasks/${path(service, id)}`;
  const input = make("input", {
    name: "reason",
    id: "reason",
    list: "reasons",
    maxlength: 1000,
    placeholder: reasons[0],
  });
  const force = ({ currentTarget: button }) =>
    act(
      button,
      async () => {
        const status = button.name;
        const reason = status === "failed" && input.value.trim();
        await ask("POST", `${address}/force`, reason ? { status, reason } : { status });
      },
      `Task ${id} is forced.`,
    );
  const forget = ({ currentTarget: button }) =>
    act(button, async () => {
      const isSure = await confirmed(
        `Forget task ${id}? A client that queries it will be told that it does not exist.`,
        "Forget it",
      );
      if (!isSure) return;
      // Left first: whoever shows a task asks for it when tasks change.
      document.getElementById("close").click();
      await ask("DELETE", address);
    });
  return [
    make(
      "div",
      { class: "group", role: "group", "aria-label": "Force into" },
      STATES.map((status) =>
        make("button", { type: "button", name: status, "data-status": status, click: force }, status),
      ),
    ),
    make("label", { for: "reason" }, "Reason of a failure"),
    input,
    make(
      "datalist",
      { id: "reasons" },
      reasons.map((reason) => make("option", { value: reason })),
    ),
    make("button", { type: "button", name: "forget", class: "danger", click: forget }, "Forget this task"),
  ];
}
