// The start, the addresses, and the keys.

import { adopt, ask, remember } from "./api.js";
import { view as callbacks } from "./callbacks.js";
import "./clock.js";
import { again, close, open } from "./detail.js";
import { make, write } from "./dom.js";
import { view as faults } from "./faults.js";
import { count } from "./format.js";
import { begin, hear, on } from "./live.js";
import { complain } from "./notice.js";
import { view as readings } from "./readings.js";
import { view as requests } from "./requests.js";
import { view as settings } from "./settings.js";
import { view as tasks } from "./tasks.js";

const VIEWS = new Map([tasks, requests, callbacks, faults, readings, settings].map((view) => [view.name, view]));

let here = null;
let opened = "";

// #tasks, #tasks/kling/ID, or #requests?rule=RULE, which fills in a filter and is forgotten.
function go(isAsked) {
  const [, name, key, wanted] = /^#?([a-z]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(location.hash) ?? [];
  const view = VIEWS.get(name) ?? tasks;
  const isOther = view !== here;
  if (isOther) show(view);
  opened = (view.whole && key) || "";
  view.list.mark?.(opened);
  if (opened) open(view, opened, isAsked);
  else close();
  if (wanted) {
    history.replaceState(null, "", `#${view.name}`);
    view.list.search(Object.fromEntries(new URLSearchParams(wanted)));
  } else if (isOther) view.list.refresh();
}

function show(view) {
  here = view;
  document.title = `${view.name} – mockserver`;
  for (const name of VIEWS.keys()) document.getElementById(name).hidden = name !== view.name;
  for (const link of document.querySelectorAll("nav a")) {
    const isHere = link.hash === `#${view.name}`;
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    if (isHere) link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function leave() {
  const key = opened;
  location.hash = `#${here.name}`;
  go(false);
  here.list.focus?.(key);
}

document.getElementById("close").addEventListener("click", leave);

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && opened && !document.querySelector("dialog[open]")) leave();
  else if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    const search = document.getElementById(here.name).querySelector("input[type=search]");
    if (search && !search.closest("[inert]")) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) here?.list.refresh();
});

document.addEventListener("acted", () => {
  here.list.refresh();
  again();
});

on("state", (state) => {
  for (const name of VIEWS.keys()) {
    const { total } = state[name] ?? {};
    if (total !== undefined) write(document.querySelector(`nav a[href="#${name}"] .count`), count(total));
  }
});

const gate = document.getElementById("gate");

function refused(message) {
  gate.hidden = false;
  write(gate.querySelector("p"), message);
  gate.elements.token.focus();
}

gate.addEventListener("submit", (event) => {
  event.preventDefault();
  remember(gate.elements.token.value);
  location.reload();
});

async function start() {
  adopt();
  try {
    const { services } = await ask("GET", "health");
    for (const select of document.querySelectorAll("select[name=service].all")) {
      select.append(...Object.entries(services).map(([id, title]) => make("option", { value: id, title }, id)));
    }
    // Before anything that moves is shown: a frozen clock is not this machine's.
    hear(await ask("GET", "state"));
  } catch (error) {
    if (error.status === 403) return refused(error.message);
    complain(error);
  }
  begin(refused);
  window.addEventListener("hashchange", () => go(true));
  go(false);
}

start();
