// Compose: a request that is judged while it is typed, sent, and taken along as a program.

import { address, go, link } from "../parts/address.js";
import { ask } from "../parts/api.js";
import { BASE_URL, firstCreate, known, operationsCome } from "../parts/contract.js";
import { Copies } from "../parts/copies.js";
import { Section } from "../parts/detail.js";
import { html, redraw } from "../parts/draw.js";
import { indented } from "../parts/format.js";
import { on } from "../parts/live.js";
import { complain } from "../parts/notice.js";
import { paced } from "../parts/pace.js";
import { Answer, send } from "./answer.js";
import { Editor, forgetDrafts, parsed } from "./editor.js";
import { asText } from "./payload.js";

const TYPING = 250;
const NOTES = {
  cut: "The journal kept the first 64 KiB of this body: what is below is not all of it, and cannot be sent again.",
  masked: "Secrets in this body were masked before it was kept: write them anew where you need them.",
};

let asked = null;
let operation = null;
let parameters = {};
let text = "";
let token = "me";
let file = null;
let kept = "whole";
let verdict = null;

export const view = {
  name: "compose",
  title: "Compose",
  draw,
  arrive,
  refresh: () => check(),
};

on("settings", () => {
  if (address().view === view.name) check();
});

/** Ask the server what it would say to what is written now. */
const check = paced(
  async () => {
    if (!operation?.path || operation.has_file) return;
    const composed = { operation: operation.id, parameters, token, base_url: BASE_URL };
    const payload = operation.has_body ? { body: text } : { payload: parsed(text) ?? {} };
    const judged = operation;
    const found = await ask("POST", "validate", { ...composed, ...payload });
    if (judged === operation) verdict = found;
    redraw();
  },
  complain,
  TYPING,
);

// An address names an operation, perhaps with one of its examples or a rule to break; or an exchange to start from.
function arrive() {
  const { filters } = address();
  const wanted = JSON.stringify(filters);
  // Whoever comes back finds what was written.
  if (wanted === asked || (operation && wanted === "{}")) return;
  asked = wanted;
  load(filters).catch((error) => {
    complain(error);
    if (!operation) load({}).catch(complain);
  });
}

async function load({ operation: id, from, example = "0", break: rule }) {
  await operationsCome();
  const exchange = from ? await ask("GET", `requests/${from}`) : null;
  const query = rule ? `?${new URLSearchParams({ break: rule })}` : "";
  operation = await ask("GET", `operations/${exchange?.operation ?? id ?? firstCreate().id}${query}`);
  verdict = null;
  file = null;
  kept = exchange?.kept ?? "whole";
  forgetDrafts();
  if (exchange) adopt(exchange.request);
  else {
    parameters = {};
    const { examples } = operation;
    text = examples.length ? asText(examples[Number(example)] ?? examples[0]) : "";
  }
  redraw();
  check();
}

// Take over what was sent: what stood in the path, and the payload.
function adopt({ path, query, body }) {
  const template = operation.path ?? "";
  const pattern = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const found = new RegExp(`${pattern}/?$`).exec(path)?.groups ?? {};
  parameters = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, decoded(value)]));
  text = operation.has_body ? indented(body) : query ? asText(Object.fromEntries(new URLSearchParams(query))) : "";
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function write(changed) {
  text = changed;
  kept = kept === "cut" ? "cut" : "whole";
  check();
}

function draw() {
  if (!operation) return null;
  return html`
    <form id="composed" class="scroll" onSubmit=${submitted} onKeyDown=${pressed}>
      <${Choice} />
      <div class="columns">
        <div>
          <${Editor}
            operation=${operation}
            text=${text}
            violations=${verdict?.violations ?? []}
            write=${write}
            attach=${(found) => (file = found)}
          />
        </div>
        <div>
          <${Said} />
          <${Answer} />
          ${verdict && html`<${Section} name="Copy as" level="2"><${Copies} of=${verdict.copies} /><//>`}
        </div>
      </div>
    </form>
  `;
}

function submitted(event) {
  event.preventDefault();
  const payload = operation.has_body ? text : (file ?? undefined);
  send({ operation, parameters, token, body: payload, query: operation.has_body ? {} : (parsed(text) ?? {}) });
}

function pressed(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
}

function choose(id) {
  go(link(view.name, "", { operation: id }));
}

function Choice() {
  const operations = known();
  const services = [...new Set(operations.map(({ service }) => service))];
  const own = operations.filter(({ service }) => service === operation.service);
  const first = (service) => operations.find((each) => each.service === service).id;
  return html`
    <div class="bar-of-fields">
      <label>Service
        <select value=${operation.service} onChange=${(event) => choose(first(event.currentTarget.value))}>
          ${services.map((id) => html`<option key=${id} value=${id}>${id}</option>`)}
        </select>
      </label>
      <label class="wide">Operation
        <select value=${operation.id} onChange=${(event) => choose(event.currentTarget.value)}>
          ${own.map(({ id, method, path }) => {
            const name = id.slice(operation.service.length + 1);
            return html`<option key=${id} value=${id}>${name} – ${method} ${path}</option>`;
          })}
        </select>
      </label>
      <label>Bearer token
        <input value=${token} autocomplete="off" spellcheck=${false} placeholder="none" onInput=${typedToken} />
      </label>
      <button class="main" name="send" disabled=${kept === "cut" || !operation.path}>Send <kbd>Ctrl+Enter</kbd></button>
    </div>
    <${Line} />
    ${NOTES[kept] && html`<p class="note">${NOTES[kept]}</p>`}
  `;
}

function typedToken(event) {
  token = event.currentTarget.value;
  check();
}

// The line of the request, with a field for each part of the path that is its own.
function Line() {
  if (!operation.path)
    return html`<p class="note">This operation is not there under the readings that are taken now.</p>`;
  const parts = operation.path.split(/\{(\w+)\}/);
  const field = (name) => {
    const typed = (event) => {
      parameters = { ...parameters, [name]: event.currentTarget.value };
      check();
    };
    const value = parameters[name] ?? "";
    return html`<input required aria-label=${name} placeholder=${name} value=${value} onInput=${typed} />`;
  };
  return html`
    <p class="line request-line">
      <code>${operation.method}</code>
      ${parts.map((part, index) => (index % 2 ? field(part) : html`<code>${part}</code>`))}
    </p>
  `;
}

// What the server would say now.
function Said() {
  if (!verdict) return null;
  const { status, message, violations } = verdict;
  const warnings = violations.filter(({ level }) => level === "warning").length;
  const accepted = warnings ? `Accepted, with ${warnings} ${warnings > 1 ? "warnings" : "warning"}.` : "Accepted.";
  return html`
    <p id="said" role="status" data-http=${`${Math.floor(status / 100)}xx`}>
      <span class="pill" data-http=${`${Math.floor(status / 100)}xx`}>${status}</span> ${message ?? accepted}
    </p>
  `;
}
