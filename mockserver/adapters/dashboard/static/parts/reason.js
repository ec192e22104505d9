// Why an answer is as it is: what decided, with the pages that say more of it.

import { link } from "./address.js";
import { path } from "./api.js";
import { Facts } from "./detail.js";
import { html } from "./draw.js";

/** What decided, in a word or two: `rule n.maximum`, `missing-task`. */
export function Chip({ reason: { kind, id, sentence } }) {
  const words = id?.startsWith(kind) ? id : [kind, id].filter(Boolean).join(" ");
  return html`<span class="chip" data-kind=${kind} title=${sentence}>${words}</span>`;
}

/** Why, in full: a sentence, and the ways to what decided, to the reading, the fault and the source. */
export function Why({ reason, service }) {
  const { kind, id, sentence, reading, source, number, page } = reason;
  const named = id && (page ? html`<a href=${page}><code>${id}</code></a>` : html`<code>${id}</code>`);
  return html`
    <p class="why" data-kind=${kind}>${sentence}</p>
    <${Facts}
      of=${{
        Decided: html`${kind}${id && html` ${named}`}`,
        Fault: number !== null && html`<a href=${link("faults")}>number ${number}, among those that are active</a>`,
        Reading: reading && html`<a href=${readingPage(service, reading)}><code>${reading}</code></a>`,
        Source: source && (page ? html`<a href=${page}>${source}</a>` : source),
      }}
    />
  `;
}

function readingPage(service, reading) {
  return `docs/readings/${path(service)}#${reading.split("=")[0]}`;
}
