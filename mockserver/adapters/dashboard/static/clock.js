// The fake's clock, on top of every page.

import { ask } from "./parts/api.js";
import { html, isNarrow } from "./parts/draw.js";
import { day, time } from "./parts/format.js";
import { clock, now, state } from "./parts/live.js";
import { act } from "./parts/notice.js";

const JUMPS = { "1s": "+1 s", "10s": "+10 s", "90s": "+90 s", "1h": "+1 h" };

const SPAN = "\\s*[0-9]{1,9}([.][0-9]{1,3})?(ms|s|m|h|d)\\s*";

const SPANS = "90s, 1.5m, 500ms, 30d";
const LATEST = "9999-12-30T23:59";

async function post(verb, body) {
  clock(await ask("POST", `clock/${verb}`, body));
}

function jump(by) {
  return (event) => act(event, () => post("advance", { advance: by ?? event.target.advance.value.trim() }));
}

function set(event) {
  const form = event.currentTarget;
  return act(event, async () => {
    await post("set", { now: new Date(form.elements.to.value).getTime() });
    form.closest("details").open = false;
  });
}

function offerNow(event) {
  event.currentTarget.querySelector("input").value = `${day(now())}T${time(now())}`;
}

export function Clock() {
  const isFrozen = state()?.is_frozen === true;
  const face = html`
    <span id="now" class=${isFrozen ? "frozen" : ""} title="The fake’s clock">
      <span id="day" class="quiet">${day(now())}</span> <b id="time">${time(now()).slice(0, -4)}</b>
    </span>
  `;
  const controls = html`<${Controls} isFrozen=${isFrozen} />`;
  return isNarrow() ? html`<details id="steering"><summary>${face}</summary>${controls}</details>` : [face, controls];
}

function Controls({ isFrozen }) {
  const toggle = (event) => act(event, () => post(isFrozen ? "resume" : "freeze"));
  return html`
    <section id="clock" aria-label="The fake’s clock">
      <button type="button" id="freeze" aria-pressed=${isFrozen} onClick=${toggle}>
        ${isFrozen ? "Resume" : "Freeze"}
      </button>
      <div class="group" role="group" aria-label="Advance the clock">
        ${Object.entries(JUMPS).map(
          ([by, label]) => html`<button type="button" data-advance=${by} onClick=${jump(by)}>${label}</button>`,
        )}
      </div>
      <form id="advance" class="group" onSubmit=${jump()}>
        <input name="advance" aria-label="Advance by" placeholder="5m" required pattern=${SPAN} title=${SPANS} />
        <button name="go">Advance</button>
      </form>
      <details onToggle=${offerNow}>
        <summary>Set</summary>
        <form id="set" class="group" onSubmit=${set}>
          <input name="to" type="datetime-local" step="0.001" max=${LATEST} required aria-label="Set the clock to" />
          <button name="go">Set</button>
        </form>
      </details>
    </section>
  `;
}
