// One exchange in full, with what was wrong with it.

import { link } from "../parts/address.js";
import { ask } from "../parts/api.js";
import { Facts, Section, Verbatim } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { count, excerpt, indented, moment } from "../parts/format.js";
import { say } from "../parts/notice.js";

export const whole = {
  load: (key) => ask("GET", `requests/${key}`),
  title: ({ request }) => `${request.method} ${excerpt(request.path, 80)}`,
  draw: ({ request, response, violations, differences, curl, ...exchange }) => html`
    <${Section} name="About">
      <${Facts}
        of=${{
          Status: html`<${Status} of=${response.status} />`,
          Number: exchange.number,
          At: moment(exchange.at),
          Service: exchange.service,
          Operation: exchange.operation,
          Account: exchange.account,
        }}
      />
    <//>
    ${
      violations.length > 0 &&
      html`<${Section} name="Violations"><ul class="cards">${violations.map(violation)}</ul><//>`
    }
    ${
      differences.length > 0 &&
      html`<${Section} name="Differences"><ul class="cards">${differences.map(difference)}</ul><//>`
    }
    <${Section} name="Repeat">
      <${Verbatim} label="curl line">${curl}<//>
      <button type="button" name="copy" onClick=${(event) => copy(curl, event.currentTarget)}>Copy</button>
    <//>
    <${Section} name="Request">
      <${Message} of=${request} line=${`${request.method} ${request.path}${request.query && `?${request.query}`}`} />
    <//>
    <${Section} name="Answer"><${Message} of=${response} line=${`HTTP ${response.status}`} /><//>
  `,
};

export function Status({ of }) {
  return html`<span class="pill" data-http=${`${Math.floor(of / 100)}xx`}>${of}</span>`;
}

function violation({ rule, level, pointer, fact, description, source, confidence }) {
  return html`
    <li class="violation" data-level=${level}>
      <p class="now">
        <span class="pill" data-level=${level}>${level}</span>
        <a href=${link("requests", "", { rule })} title="Show all that broke this rule"><code>${rule}</code></a>
      </p>
      <p>${fact}</p>
      <p class="quiet">${description}</p>
      <${Facts} of=${{ At: html`<code>${pointer || "/"}</code>`, Source: source, Confidence: confidence }} />
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

function Message({ of: { headers, body, size }, line }) {
  const isCut = new TextEncoder().encode(body).length < size;
  return html`
    <p><code class="line">${line}</code></p>
    <details>
      <summary>Headers (${Object.keys(headers).length})</summary>
      <${Facts} of=${headers} />
    </details>
    ${body ? html`<${Verbatim} label="Body">${indented(body)}<//>` : html`<p class="quiet">No body.</p>`}
    ${isCut && html`<p class="quiet">Cut; the whole body had ${count(size)} bytes.</p>`}
  `;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    say("The browser did not copy it: it is selected now, press Ctrl+C.");
  }
}
