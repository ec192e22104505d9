// Faults: what is asked to go wrong, and all that could.

import { ask } from "../parts/api.js";
import { html, redraw } from "../parts/draw.js";
import { forgive, marked, submit, Wrong } from "../parts/form.js";
import { count } from "../parts/format.js";
import { on } from "../parts/live.js";
import { act, confirmed } from "../parts/notice.js";
import { page } from "../parts/page.js";
import { Held } from "./held.js";
import { Profiles } from "./profiles.js";

const SHOWN = 200;
const EXAMPLE = "1303 x1";
const STAGES = {
  request: "Instead of an answer",
  answer: "To an answer",
  task: "To a task",
  result: "To a result",
  callback: "To a callback",
};

const ORIGINS = { option: "an option of the start", control: "the control API", python: "a program" };

let known = { faults: [], kinds: [], profiles: [], held: [] };
let line = "";

export const view = page({ name: "faults", title: "Faults", draw, load });

on("faults", view.changed);
on("held", view.changed);

async function load() {
  const asked = [ask("GET", "faults"), ask("GET", "profiles"), ask("GET", "held")];
  known = Object.assign({}, ...(await Promise.all(asked)));
}

function draw() {
  const { faults, kinds, profiles, held } = known;
  const left = faults.length - SHOWN;
  return html`
    <div class="scroll columns">
      <div>
        <h2>Add a fault</h2>
        <${Form} />
        <h2>Active</h2>
        <ul class="asked cards">${faults.slice(-SHOWN).reverse().map(asked)}</ul>
        ${faults.length === 0 && html`<${NoFault} />`}
        ${left > 0 && html`<p class="more quiet">and ${count(left)} older ones</p>`}
        ${
          faults.length > 0 &&
          html`<button type="button" name="clear" class="danger" onClick=${clear}>Remove all</button>`
        }
        <${Held} held=${held} />
      </div>
      <div>
        <${Profiles} profiles=${profiles} />
        <h2>What can go wrong</h2>
        <div class="kinds">
          ${Object.entries(STAGES).map(([stage, title]) => {
            const found = kinds.filter((kind) => kind.stage === stage);
            return html`
              <details key=${stage} open=${stage !== "request"}>
                <summary>${title} (${found.length})</summary>
                <ul>${found.map(kind)}</ul>
              </details>
            `;
          })}
        </div>
      </div>
    </div>
  `;
}

function Form() {
  return html`
    <form id="fault" onSubmit=${add}>
      <label for="line">What goes wrong</label>
      <input
        id="line"
        name="line"
        value=${line}
        onInput=${typed}
        required
        maxlength="1000"
        autocomplete="off"
        spellcheck=${false}
        placeholder="1303 x2 on kling"
        aria-describedby="grammar"
        ...${marked("fault")}
      />
      <${Wrong} form="fault" />
      <p id="grammar" class="quiet">
        <code>NAME [ARGUMENT…] [xTIMES] [#NTH] [PERCENT%] [on SERVICE[/OPERATION]]</code>
      </p>
      <label for="whose">Only for this account</label>
      <input id="whose" name="account" autocomplete="off" placeholder="its token; empty means all accounts" />
      <button name="add" class="main">Add fault</button>
    </form>
  `;
}

function NoFault() {
  return html`
    <p class="none">
      There are no faults: the fake answers as the service does on a good day. Try
      <button type="button" name="try" onClick=${() => take(EXAMPLE)}>${EXAMPLE}</button>
      and the next create is told to slow down.
    </p>
  `;
}

function take(example) {
  line = example;
  forgive("fault");
  redraw();
  document.getElementById("line").focus();
}

function typed(event) {
  line = event.currentTarget.value;
  forgive("fault");
}

function add(event) {
  const form = event.currentTarget;
  const { account } = form.elements;
  return submit(
    event,
    async () => {
      await ask("POST", "faults", { fault: line, ...(account.value && { account: account.value }) });
      line = "";
      form.reset();
      form.elements.line.focus();
    },
    "The fault is added.",
  );
}

function clear(event) {
  return act(event, async () => {
    if (await confirmed("Remove all faults, of every account?", "Remove all")) await ask("DELETE", "faults");
  });
}

function asked({ number, fault, stage, services, account: whose, path, where, origin, happened }) {
  const remove = (event) => act(event, () => ask("DELETE", `faults/${number}`));
  const scope = [
    STAGES[stage],
    services.length && `on ${services.join(", ")}`,
    whose && `for ${whose}`,
    path && `at ${path}`,
    Object.keys(where).length && `where ${JSON.stringify(where)}`,
    `asked for by ${ORIGINS[origin] ?? origin}`,
  ];
  return html`
    <li key=${number}>
      <code>${fault}</code>
      <span class="happened">happened ${count(happened)}×</span>
      <button type="button" name=${`remove ${number}`} aria-label=${`Remove ${fault}`} onClick=${remove}>Remove</button>
      <span class="scope quiet">${scope.filter(Boolean).join(" · ")}</span>
    </li>
  `;
}

function kind({ name, usage, means }) {
  const example = usage && !usage.startsWith("[") ? `${name} ` : name;
  return html`
    <li key=${name}>
      <button type="button" name=${`take ${name}`} onClick=${() => take(example)} title="Copy it into the form">
        ${name}
      </button>
      ${usage && html`<code>${usage}</code>`}
      <span class="quiet">${means}</span>
    </li>
  `;
}
