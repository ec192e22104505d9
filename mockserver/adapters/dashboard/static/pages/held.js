// What is held: answers and callbacks that wait until somebody lets them go.

import { link } from "../parts/address.js";
import { ask, path } from "../parts/api.js";
import { html } from "../parts/draw.js";
import { distance } from "../parts/format.js";
import { now } from "../parts/live.js";
import { act } from "../parts/notice.js";

export function Held({ held }) {
  const release = (event) => act(event, () => ask("POST", "held/release", {}));
  return html`
    <h2>Held</h2>
    ${
      held.length === 0
        ? html`
            <p class="none">
              Nothing is held. The faults <code>hold</code> and <code>callback-hold</code> keep what they strike until
              it is released here.
            </p>
          `
        : html`
            <ul class="held cards">${held.map(item)}</ul>
            <button type="button" name="release all" onClick=${release}>Release all</button>
          `
    }
  `;
}

function item({ number, kind, operation, service, task, since }) {
  const release = (event) => act(event, () => ask("POST", `held/${number}/release`));
  return html`
    <li key=${number}>
      <span>
        ${kind} <code>${operation}</code>
        ${task && html` of task <a href=${link("tasks", path(service, task))}>${task}</a>`}
      </span>
      <span class="quiet">${distance(since, now())}</span>
      <button type="button" name=${`release ${number}`} aria-label=${`Release number ${number}`} onClick=${release}>
        Release
      </button>
    </li>
  `;
}
