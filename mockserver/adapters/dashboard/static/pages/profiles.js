// Profiles: named lists of faults, as switches.

import { ask, path } from "../parts/api.js";
import { html } from "../parts/draw.js";
import { act } from "../parts/notice.js";

export function Profiles({ profiles }) {
  return html`
    <h2>Profiles</h2>
    <ul class="profiles cards">${profiles.map(profile)}</ul>
  `;
}

function profile({ name, imitates, faults, is_on: isOn, accounts }) {
  const toggle = (event) =>
    act(
      event,
      () => (isOn ? ask("DELETE", `profiles/${path(name)}`) : ask("PUT", `profiles/${path(name)}`, {})),
      isOn ? `${name} is off.` : `${name} is on.`,
    );
  const some = accounts.filter((account) => account !== null);
  return html`
    <li key=${name} class=${isOn ? "switched" : ""}>
      <p class="now">
        <button type="button" role="switch" name=${`profile ${name}`} aria-checked=${isOn} onClick=${toggle}>
          ${name}
        </button>
        ${isOn && some.length > 0 && html`<span class="quiet">for ${some.join(", ")}</span>`}
      </p>
      <p class="quiet">${imitates}</p>
      <details>
        <summary>${faults.length} ${faults.length === 1 ? "fault" : "faults"}</summary>
        <ul>${faults.map((line) => html`<li><code>${line}</code></li>`)}</ul>
      </details>
    </li>
  `;
}
