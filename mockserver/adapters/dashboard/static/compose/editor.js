// The payload of a request that is composed: as a form or as JSON, and what to start from.

import { address, go, link } from "../parts/address.js";
import { exact } from "../parts/api.js";
import { html } from "../parts/draw.js";
import { asText, Broken, Fields } from "./payload.js";

export { forgetDrafts } from "./payload.js";

const MOST_LINES = 30;

let isForm = true;

/** What a text says as JSON; `undefined` if it is none. */
export function parsed(text) {
  try {
    return JSON.parse(text || "{}", exact);
  } catch {
    return undefined;
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON?.(value);
}

/** Where a payload is written. `write` gets its text when it has changed, `attach` a file where the body is one. */
export function Editor({ operation, text, violations, write, attach }) {
  if (operation.has_file) {
    const choose = (event) => attach(event.currentTarget.files[0]);
    return html`
      <label for="file">The file that is sent</label>
      <input id="file" type="file" required accept=${operation.media_types.join(",")} onChange=${choose} />
    `;
  }
  if (!operation.examples.length) return html`<p class="quiet">It takes no payload.</p>`;
  const payload = parsed(text);
  const canBeForm = isObject(payload);
  const isShownAsForm = isForm && canBeForm;
  const show = (asForm) => () => (isForm = asForm);
  const elsewhere = violations.filter(({ pointer }) => !pointer || isOfCredentials(pointer, operation));
  return html`
    <div class="tools">
      <div class="group" role="group" aria-label="How the payload is written">
        <button type="button" aria-pressed=${isShownAsForm} disabled=${!canBeForm} onClick=${show(true)}>Form</button>
        <button type="button" aria-pressed=${!isShownAsForm} onClick=${show(false)}>JSON</button>
      </div>
      <${Presets} operation=${operation} />
    </div>
    <${Broken} violations=${isShownAsForm ? elsewhere : violations} />
    ${
      isShownAsForm
        ? html`<${Fields} ...${{ operation, payload, violations }} change=${(next) => write(asText(next))} />`
        : html`<${Raw} ...${{ operation, text, write }} />`
    }
  `;
}

// What is wrong with the credentials has a pointer, too, and no field of the payload.
function isOfCredentials(pointer, { schema }) {
  return /^\/(?:authorization|claims)\b/.test(pointer) && !schema.properties?.authorization;
}

function Raw({ operation, text, write }) {
  const lines = text.split("\n").length + 1;
  return html`
    <label for="json">${operation.has_body ? "Body" : "Query, as a JSON object"}</label>
    <textarea
      id="json"
      class="code"
      spellcheck=${false}
      rows=${Math.min(MOST_LINES, Math.max(8, lines))}
      value=${text}
      onInput=${(event) => write(event.currentTarget.value)}
    ></textarea>
  `;
}

// An example that keeps every rule, or one that breaks a rule on purpose.
function Presets({ operation: { id, rules, examples } }) {
  const { filters } = address();
  const start = (name) => (event) => go(link("compose", "", { operation: id, [name]: event.currentTarget.value }));
  const breaks = rules.map(
    ({ id: rule, description }) => html`<option key=${rule} value=${rule} title=${description}>break ${rule}</option>`,
  );
  return html`
    ${
      !filters.break &&
      examples.length > 1 &&
      html`
        <select aria-label="Example" value=${filters.example ?? "0"} onChange=${start("example")}>
          ${examples.map((_, index) => html`<option key=${index} value=${String(index)}>Example ${index + 1}</option>`)}
        </select>
      `
    }
    <select aria-label="Break a rule on purpose" value=${filters.break ?? ""} onChange=${start("break")}>
      <option value="">Break no rule</option>
      ${breaks}
    </select>
  `;
}
