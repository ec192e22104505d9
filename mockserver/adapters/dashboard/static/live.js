// What the fake says of itself, whenever it changes: its time, and a version of everything it has.

import { ask, listen } from "./api.js";
import { write } from "./dom.js";
import { say } from "./notice.js";

const TOPICS = ["clock", "tasks", "requests", "callbacks", "faults", "settings"];
const listeners = new Map();

let told = null;
let heard = 0;

/** Call a listener when a topic has changed; "state" is each time that anything is said. */
export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

/** The last that was said; nothing before the first time. */
export function state() {
  return told;
}

/** The fake's time now. */
export function now() {
  if (told === null) return Date.now();
  return told.is_frozen ? told.now : Math.floor(told.now + performance.now() - heard);
}

/** Take in what the clock's own endpoints answer, sooner than the next event. */
export function clock(answer) {
  if (told !== null) hear({ ...told, ...answer });
}

/** Begin, and go on however often the connection is lost. `refused` is called when the API wants a token. */
export function begin(refused) {
  const source = listen();
  const sign = document.getElementById("connection");
  source.addEventListener("message", (event) => {
    const next = JSON.parse(event.data);
    if (next.unavailable) {
      sign.dataset.is = "lost";
      write(sign, "No store");
      say(next.unavailable, "wrong");
      return;
    }
    sign.dataset.is = "live";
    write(sign, "Live");
    hear(next);
  });
  source.addEventListener("error", () => {
    // A fake that was started anew begins to count anew: equal versions would not mean equal things.
    told = told && { now: now(), is_frozen: true };
    sign.dataset.is = "lost";
    write(sign, "Not connected");
    if (source.readyState === EventSource.CLOSED) again(refused);
  });
}

async function again(refused) {
  try {
    await ask("GET", "state");
  } catch (error) {
    if (error.status === 403) return refused(error.message);
  }
  setTimeout(begin, 2000, refused);
}

/** Take in what the fake says of itself, and tell whoever listens to what has changed. */
export function hear(next) {
  const before = told;
  told = next;
  heard = performance.now();
  for (const topic of TOPICS) if (before?.[topic]?.version !== next[topic].version) tell(topic);
  tell("state");
}

function tell(topic) {
  for (const listener of listeners.get(topic) ?? []) listener(told);
}
