// Why an answer is as it is: what decided, with the pages that say more of it.

import { link } from "./address.js";
import { Facts } from "./detail.js";
import { html } from "./draw.js";

/** The address of a page of the contract: `docs("rules", "kling", "omni-image.create", "n.maximum")`. */
function docs(...parts) {
  const steps = parts.slice(0, -1).map(encodeURIComponent).join("/");
  return `docs/${steps}#${encodeURIComponent(parts[parts.length - 1])}`;
}

/** The page of a rule. */
export function rulePage(operation, rule) {
  const [service, ...name] = operation.split("/");
  return docs("rules", service, name.join("/"), rule);
}

// The page of what decided. An error of the table has one, too; what came from outside has none.
function pageOf({ kind, id }, service, operation) {
  if (!id) return null;
  if (kind === "rule") return operation && rulePage(operation, id);
  if (kind === "fault") return docs("faults", id.split(" ")[0]);
  if (kind === "reading") return docs("readings", service, id.split("=")[0]);
  return docs("errors", service, id);
}

/** What decided, in a word or two: `rule n.maximum`, `missing-task`. */
export function Chip({ reason: { kind, id, sentence } }) {
  const words = id?.startsWith(kind) ? id : [kind, id].filter(Boolean).join(" ");
  return html`<span class="chip" data-kind=${kind} title=${sentence}>${words}</span>`;
}

/** Why, in full: a sentence, and links to the rule, the reading, the fault and the source. */
export function Why({ reason, service, operation }) {
  const { kind, id, sentence, reading, source, number } = reason;
  const page = pageOf(reason, service, operation);
  const named = id && (page ? html`<a href=${page}><code>${id}</code></a>` : html`<code>${id}</code>`);
  return html`
    <p class="why" data-kind=${kind}>${sentence}</p>
    <${Facts}
      of=${{
        Decided: html`${kind}${id && html` ${named}`}`,
        Fault: number !== null && html`<a href=${link("faults")}>number ${number}, among those that are active</a>`,
        Reading:
          reading && html`<a href=${docs("readings", service, reading.split("=")[0])}><code>${reading}</code></a>`,
        Source: source && (page ? html`<a href=${page}>${source}</a>` : source),
      }}
    />
  `;
}
