// One callback: what was to be said where, and what became of each attempt.

import { ask, path } from "../parts/api.js";
import { Verbatim } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { span, time, toCome } from "../parts/format.js";
import { now } from "../parts/live.js";
import { act } from "../parts/notice.js";

const SHOWN = 20;

/** What became of a callback, in a word. */
export function Outcome({ callback: { is_delivered, is_forgotten, is_held, attempts } }) {
  const tried = attempts.length ? "undelivered" : "waiting";
  const open = is_held ? "held" : tried;
  const outcome = is_forgotten ? "forgotten" : is_delivered ? "delivered" : open;
  return html`<span class="pill" data-outcome=${outcome}>${outcome}</span>`;
}

/** A callback as a part of something else. */
export function Callback({ callback }) {
  return html`
    <p class="now">
      <${Outcome} callback=${callback} />
      <span>says <b>${callback.status}</b>, due ${toCome(callback.due, now(), time)}</span>
    </p>
    <${Attempts} callback=${callback} />
    <details>
      <summary>Body of ${callback.id}</summary>
      <${Verbatim} label="Body">${JSON.stringify(callback.body, null, 2)}<//>
    </details>
    <${Again} callback=${callback} />
  `;
}

/** Each attempt: when, how long it took, and how it was answered. */
export function Attempts({ callback: { attempts, is_forgotten } }) {
  if (is_forgotten) {
    return html`<p class="quiet">It was sent so long ago that its attempts are no longer remembered.</p>`;
  }
  if (!attempts.length) return html`<p class="quiet">Not tried yet.</p>`;
  const left = attempts.length - SHOWN;
  return html`
    ${left > 0 && html`<p class="quiet">${left} before these</p>`}
    <ol class="attempts">
      ${attempts.slice(-SHOWN).map(({ at, took, status, fault }) => {
        const isGood = status !== null && status >= 200 && status < 300;
        const result = html`<span class=${isGood ? "good" : "bad"}>${fault ?? `HTTP ${status}`}</span>`;
        return html`<li>${time(at)} · ${result} · ${span(took)}</li>`;
      })}
    </ol>
  `;
}

/** A button that sends a callback again. */
export function Again({ callback: { id } }) {
  const send = (event) => act(event, () => ask("POST", `callbacks/${path(id)}/send`), "Sent again.");
  return html`<button type="button" name=${`send ${id}`} onClick=${send}>Send again</button>`;
}
