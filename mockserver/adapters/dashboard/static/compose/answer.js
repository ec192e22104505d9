// The answer to a request that was composed here: it is sent to the service as a client would send it.

import { link } from "../parts/address.js";
import { ask, path, query as spelled } from "../parts/api.js";
import { Facts, Section, Verbatim } from "../parts/detail.js";
import { html, redraw } from "../parts/draw.js";
import { indented, latency } from "../parts/format.js";
import { Why } from "../parts/reason.js";
import { Status } from "../lists/exchange.js";

let answer = null;
let waiting = null;

/** Send a request as a client would, and show what comes. */
export async function send({ operation, parameters, token, body, query }) {
  stop();
  const own = new AbortController();
  waiting = own;
  answer = { isWaiting: true };
  const began = performance.now();
  try {
    const response = await fetch(target(operation, parameters, query), {
      method: operation.method,
      headers: headers(operation, token, body),
      body,
      cache: "no-store",
      signal: own.signal,
    });
    const text = await response.text();
    if (waiting !== own) return;
    answer = { status: response.status, text, took: performance.now() - began, operation };
    redraw();
    await remember(operation);
  } catch (error) {
    if (waiting !== own) return;
    const isStopped = error.name === "AbortError";
    answer = { error: isStopped ? "You have stopped waiting." : "There was no answer: the connection was closed." };
  } finally {
    if (waiting === own) waiting = null;
    redraw();
  }
}

function stop() {
  waiting?.abort();
}

// The journal has it by now, with what decided.
async function remember(operation) {
  const { items } = await ask("GET", `requests${spelled({ operation: operation.id, limit: 1 })}`);
  if (items[0]?.status === answer.status) answer = { ...answer, exchange: items[0] };
}

function target({ path: template }, parameters, query) {
  const filled = template.replace(/\{(\w+)\}/g, (_, name) => path(parameters[name] ?? ""));
  const given = Object.entries(query).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return `..${filled}${spelled(Object.fromEntries(given))}`;
}

function headers({ key_header: name, has_body: hasBody }, token, body) {
  const key = name === "authorization" ? `Bearer ${token}` : token;
  const type = hasBody ? "application/json" : body?.type;
  return { ...(token && { [name]: key }), ...(type && { "content-type": type }) };
}

export function Answer() {
  if (answer === null) return null;
  return html`<${Section} name="Answer" level="2">${answer.isWaiting ? html`<${Waiting} />` : html`<${Came} />`}<//>`;
}

function Waiting() {
  return html`
    <p class="quiet">Waiting…</p>
    <button type="button" name="stop" onClick=${stop}>Stop waiting</button>
  `;
}

function Came() {
  const { error, status, text, took, exchange } = answer;
  if (error) return html`<p class="wrong">${error}</p>`;
  const task = exchange?.task && link("tasks", path(exchange.service, exchange.task));
  return html`
    <${Facts}
      of=${{
        Status: html`<${Status} of=${status} />`,
        Took: latency(took),
        Exchange: exchange && html`<a href=${link("requests", String(exchange.number))}>number ${exchange.number}</a>`,
        Task: task && html`<a href=${task}>${exchange.task}</a>`,
      }}
    />
    ${exchange?.reason && html`<${Why} ...${exchange} />`}
    ${text ? html`<${Verbatim} label="Body of the answer">${indented(text)}<//>` : html`<p class="quiet">No body.</p>`}
  `;
}
