// One task in full: its results, its life, what it was made of, and what can be done to it.

import { go, link } from "../parts/address.js";
import { ask, path } from "../parts/api.js";
import { Facts, Section, Verbatim } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { moment } from "../parts/format.js";
import { Player } from "../parts/media.js";
import { act, confirmed } from "../parts/notice.js";
import { Why } from "../parts/reason.js";
import { Callback } from "./callback.js";
import { Bar, Pill, Steps } from "./timeline.js";

const STATES = ["submitted", "processing", "succeed", "failed"];
const SHOWN = 50;

export const whole = {
  load: (key) => ask("GET", `tasks/${key}`),
  title: (task) => `Task ${task.id}`,
  draw: (task) => html`
    <${Section} name="State">
      <p class="now"><${Pill} task=${task} /><${Bar} task=${task} isLabelled /></p>
      ${task.reason && html`<p class="reason">${task.reason}</p>`}
      <${Steps} task=${task} />
    <//>
    ${
      task.cause &&
      html`
        <${Section} name="Why"><${Why} reason=${task.cause} service=${task.service} /><//>
      `
    }
    ${task.results.length > 0 && html`<${Section} name="Results">${task.results.map(result)}<//>`}
    <${Section} name="Force"><${Forcing} task=${task} /><//>
    <${Section} name="About"><${About} task=${task} /><//>
    ${task.callbacks.length > 0 && html`<${Section} name="Callbacks"><${Sent} callbacks=${task.callbacks} /><//>`}
    <${Section} name="Payload">
      <${Verbatim} label="Payload">${JSON.stringify(task.payload, null, 2)}<//>
    <//>
  `,
};

function result(url, index, { length }) {
  const name = `Result ${index + 1} of ${length}`;
  return html`
    <figure key=${url}>
      <${Player} url=${url} name=${name} />
      <figcaption>
        <code>${url}</code>
        ${
          /^https?:/.test(url) &&
          html`<a href=${url} target="_blank" rel="noopener noreferrer">Open the URL of the client</a>`
        }
      </figcaption>
    </figure>
  `;
}

function About({ task }) {
  const exchanges = html`
    <a href=${link("requests", "", { search: task.id })}>Show those that name this task</a>
  `;
  return html`
    <${Facts}
      of=${{
        Operation: task.operation,
        "External id": task.external_id,
        Account: task.account,
        Created: moment(task.created_at),
        "Callback to": task.callback_url,
        Exchanges: exchanges,
      }}
    />
  `;
}

function Sent({ callbacks }) {
  const left = callbacks.length - SHOWN;
  return html`
    <ul class="cards">
      ${callbacks.slice(-SHOWN).map((each) => html`<li key=${each.id}><${Callback} callback=${each} /></li>`)}
      ${left > 0 && html`<li class="quiet">and ${left} before these</li>`}
    </ul>
  `;
}

function Forcing({ task: { service, id, reasons } }) {
  const address = `tasks/${path(service, id)}`;
  const force = (status) => (event) =>
    act(
      event,
      async () => {
        const reason = status === "failed" && document.getElementById("reason").value.trim();
        await ask("POST", `${address}/force`, reason ? { status, reason } : { status });
      },
      `Task ${id} is forced.`,
    );
  const forget = (event) =>
    act(event, async () => {
      const question = `Forget task ${id}? A client that queries it will be told that it does not exist.`;
      if (!(await confirmed(question, "Forget it"))) return;
      // Left first: whoever shows a task asks for it when tasks change.
      go(link("tasks"));
      await ask("DELETE", address);
    });
  return html`
    <div class="group" role="group" aria-label="Force into">
      ${STATES.map(
        (status) => html`
          <button type="button" name=${status} data-status=${status} onClick=${force(status)}>${status}</button>
        `,
      )}
    </div>
    <label for="reason">Reason of a failure</label>
    <input name="reason" id="reason" list="reasons" maxlength="1000" placeholder=${reasons[0]} />
    <datalist id="reasons">${reasons.map((reason) => html`<option value=${reason} />`)}</datalist>
    <button type="button" name="forget" class="danger" onClick=${forget}>Forget this task</button>
  `;
}
