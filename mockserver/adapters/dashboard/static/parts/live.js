// What the fake says of itself, whenever it changes: its time, and a version of everything it has.

import { ask, listen } from "./api.js";
import { redraw } from "./draw.js";
import { say } from "./notice.js";

const TOPICS = ["clock", "tasks", "requests", "callbacks", "faults", "held", "settings"];
const TICK = 200;
const SECOND = 1000;

const listeners = new Map();
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

let told = null;
let heard = 0;
let line = { is: "new", text: "Connecting" };

/** Call a listener when a topic has changed; "tick" and "second" come while time goes by and somebody looks. */
export function on(topic, listener) {
  listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

/** The last that was said; nothing before the first time. */
export function state() {
  return told;
}

/** How the connection is: what it `is`, and a `text` for it. */
export function connection() {
  return line;
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
  source.addEventListener("message", (event) => {
    const next = JSON.parse(event.data);
    if (next.unavailable) {
      connected("lost", "No store");
      say(next.unavailable, "wrong");
      return;
    }
    connected("live", "Live");
    hear(next);
  });
  source.addEventListener("error", () => {
    // A fake that was started anew begins to count anew: equal versions would not mean equal things.
    told = told && { now: now(), is_frozen: true };
    connected("lost", "Not connected");
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
  redraw();
}

function connected(is, text) {
  line = { is, text };
  redraw();
}

function tell(topic) {
  for (const listener of listeners.get(topic) ?? []) listener();
}

function every(topic, pause) {
  setTimeout(() => {
    if (!document.hidden && told?.is_frozen === false) {
      tell(topic);
      redraw();
    }
    every(topic, pause);
  }, pause);
}

every("tick", isCalm.matches ? SECOND : TICK);
every("second", SECOND);
