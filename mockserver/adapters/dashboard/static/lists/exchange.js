// One exchange in full, with what was wrong with it.

import { link } from "../parts/address.js";
import { ask, path } from "../parts/api.js";
import { Copies } from "../parts/copies.js";
import { Facts, Section, Verbatim } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { count, excerpt, indented, latency, moment } from "../parts/format.js";
import { Why } from "../parts/reason.js";

const KEPT = {
  cut: (size) =>
    `The journal keeps the first 64 KiB of a body, and this one had ${count(size)} bytes: the rest is gone.`,
  masked: () => "Secrets in the body are masked, here and in the journal.",
};

export const whole = {
  load: (key) => ask("GET", `requests/${key}`),
  title: ({ request }) => `${request.method} ${excerpt(request.path, 80)}`,
  draw: (exchange) => {
    const { request, response, violations, differences, reason, copies } = exchange;
    const line = `${request.method} ${request.path}${request.query && `?${request.query}`}`;
    return html`
      <${Section} name="About"><${About} exchange=${exchange} /><//>
      ${reason && html`<${Section} name="Why"><${Why} ...${exchange} /><//>`}
      ${
        violations.length > 0 &&
        html`
          <${Section} name="Violations">
            <ul class="cards">${violations.map(violation)}</ul>
          <//>
        `
      }
      ${
        differences.length > 0 &&
        html`<${Section} name="Differences"><ul class="cards">${differences.map(difference)}</ul><//>`
      }
      <${Section} name="Request">
        <${Message} of=${request} line=${line} />
        ${exchange.kept !== "whole" && html`<p class="quiet">${KEPT[exchange.kept](request.size)}</p>`}
      <//>
      <${Section} name="Answer"><${Message} of=${response} line=${`HTTP ${response.status}`} /><//>
      <${Section} name="Send it again">
        ${
          exchange.operation &&
          html`<a href=${link("compose", "", { from: exchange.number })}>Edit it, or send it again</a>`
        }
        <${Copies} of=${copies} />
      <//>
    `;
  },
};

export function Status({ of }) {
  return html`<span class="pill" data-http=${`${Math.floor(of / 100)}xx`}>${of}</span>`;
}

function About({ exchange }) {
  const { number, at, service, operation, account, task, took, response } = exchange;
  return html`
    <${Facts}
      of=${{
        Status: html`<${Status} of=${response.status} />`,
        Number: number,
        At: moment(at),
        Took: took !== null && latency(took),
        Service: service,
        Operation: operation,
        Task: task && html`<a href=${link("tasks", path(service, task))}>${task}</a>`,
        Account: account,
      }}
    />
  `;
}

function violation({ rule, level, pointer, fact, description, source, confidence, page }) {
  return html`
    <li class="violation" data-level=${level}>
      <p class="now">
        <span class="pill" data-level=${level}>${level}</span>
        <a href=${page}><code>${rule}</code></a>
        <a href=${link("requests", "", { rule })}>Others that broke it</a>
      </p>
      <p>${fact}</p>
      ${description !== fact && html`<p class="quiet">${description}</p>`}
      <${Facts}
        of=${{
          At: html`<code>${pointer || "/"}</code>`,
          Source: html`<a href=${page}>${source}</a>`,
          Confidence: confidence,
        }}
      />
    </li>
  `;
}

function difference({ side, pointer, keyword, documented, received, where }) {
  return html`
    <li class="violation" data-level="error">
      <p class="now"><span class="pill" data-level="error">${side}</span><code>${pointer || "/"}</code></p>
      <${Facts} of=${{ Documented: documented, Received: received, Keyword: keyword, Where: where }} />
    </li>
  `;
}

/** One side of an exchange. */
export function Message({ of: { headers, body }, line }) {
  return html`
    <p><code class="line">${line}</code></p>
    <details>
      <summary>Headers (${Object.keys(headers).length})</summary>
      <${Facts} of=${headers} />
    </details>
    ${body ? html`<${Verbatim} label="Body">${indented(body)}<//>` : html`<p class="quiet">No body.</p>`}
  `;
}
