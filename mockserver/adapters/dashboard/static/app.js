// The start, the addresses, and the keys.

import { address, go, link, listen } from "./parts/address.js";
import { adopt, ask, remember } from "./parts/api.js";
import { knowServices } from "./parts/contract.js";
import { again, close, Detail, isCovering, open } from "./parts/detail.js";
import { begin as draw, html, redraw } from "./parts/draw.js";
import { count } from "./parts/format.js";
import { begin, connection, hear, state } from "./parts/live.js";
import { complain, Notices } from "./parts/notice.js";
import { view as callbacks } from "./lists/callbacks.js";
import { Clock } from "./clock.js";
import { view as compose } from "./compose/compose.js";
import { view as faults } from "./pages/faults.js";
import { view as results } from "./lists/gallery.js";
import { Keys, showKeys } from "./keys.js";
import { view as readings } from "./pages/readings.js";
import { view as requests } from "./lists/requests.js";
import { view as settings } from "./pages/settings.js";
import { view as tasks } from "./lists/tasks.js";

const VIEWS = [tasks, requests, results, callbacks, compose, faults, readings, settings];

let here = null;
let gate = null;

function arrive(isAsked) {
  const { view: name, key } = address();
  const view = VIEWS.find((each) => each.name === name);
  if (!view) return go(link(tasks.name), { instead: true });
  const isOther = view !== here;
  here = view;
  document.title = `${view.title} – mockserver`;
  if (view.whole && key) open(view, key, isAsked);
  else close();
  view.arrive(isOther);
  redraw();
}

function leave() {
  const { key, filters } = address();
  go(link(here.name, "", filters));
  here.focus(key);
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && document.getElementById("detail")) leave();
  else if (event.key === "?" && !isTyping) showKeys();
  else if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    const search = document.querySelector("main > section:not([inert]) input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) here?.refresh();
});

document.addEventListener("acted", () => {
  here.refresh();
  again();
});

function refused(message) {
  gate = message;
  redraw();
}

function focus(input) {
  input?.focus();
}

function enter(event) {
  event.preventDefault();
  remember(event.currentTarget.elements.token.value);
  location.reload();
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Top() {
  const { is, text } = connection();
  const inert = isCovering();
  return html`
    <a id="skip" href="#main" inert=${inert} onClick=${skip}>Skip to the list</a>
    <header inert=${inert}>
      <h1>mockserver</h1>
      <button type="button" id="help" aria-label="Keys" title="Keys" onClick=${showKeys}>?</button>
      <p id="connection" role="status" data-is=${is}>${text}</p>
      <${Clock} />
    </header>
    <nav aria-label="Views" inert=${inert}>
      ${VIEWS.map(({ name, title }) => {
        const total = state()?.[name]?.total;
        const held = name === "faults" && state()?.held?.total;
        return html`
          <a href=${link(name)} aria-current=${here.name === name ? "page" : null}>
            ${title}${total !== undefined && html` <span class="count">${count(total)}</span>`}
            ${held > 0 && html`<span class="count waits">${count(held)} held</span>`}
          </a>
        `;
      })}
    </nav>
  `;
}

function Page() {
  return html`
    <${Top} />
    <main id="main" tabindex="-1">
      <section key=${here.name} id=${here.name} aria-label=${here.title} inert=${isCovering()}>${here.draw()}</section>
      <${Detail} leave=${leave} />
    </main>
  `;
}

function Gate() {
  if (gate === null) return null;
  return html`
    <form id="gate" onSubmit=${enter}>
      <h2>A token is needed</h2>
      <p>${gate}</p>
      <label for="token">Control token</label>
      <input id="token" name="token" type="password" required autocomplete="off" ref=${focus} />
      <button class="main">Enter</button>
    </form>
  `;
}

async function start() {
  adopt();
  try {
    knowServices((await ask("GET", "health")).services);
    // Before anything that moves is shown: a frozen clock is not this machine's.
    hear(await ask("GET", "state"));
  } catch (error) {
    if (error.status === 403) refused(error.message);
    else complain(error);
  }
  draw(() => html`${here !== null && html`<${Page} />`}<${Gate} /><${Keys} /><${Notices} />`);
  if (gate !== null) return;
  begin(refused);
  listen(arrive);
}

start();
