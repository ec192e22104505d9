// Settings: how the fake behaves from now on, the limits of an account, and a fresh start.

import { ask } from "../parts/api.js";
import { Facts } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { marked, submit, Wrong } from "../parts/form.js";
import { count } from "../parts/format.js";
import { on } from "../parts/live.js";
import { act, confirmed } from "../parts/notice.js";
import { page } from "../parts/page.js";

const PACES = { real: "real", fast: "fast", instant: "instant", polls: "a step for each N looks" };

let now = null;
let draft = null;

export const view = page({ name: "settings", title: "Settings", draw, load });

on("settings", view.changed);

async function load() {
  now = await ask("GET", "settings");
}

function draw() {
  if (now === null) return null;
  return html`
    <div class="scroll columns">
      <div>
        <h2>Change now</h2>
        <${Behaviour} />
        <h2>Fixed at the start</h2>
        <div class="fixed"><${Fixed} /></div>
      </div>
      <div>
        <h2>Limits of one account</h2>
        <${Limits} />
        <h2>Start afresh</h2>
        <${Reset} />
      </div>
    </div>
  `;
}

function Fixed() {
  return html`
    <${Facts}
      of=${{
        Services: now.services.join(", "),
        Prefixes: now.prefixes.join(", ") || "none",
        Keys: now.keys.join(", ") || "any is let in",
        "Largest body": `${count(now.max_body)} bytes`,
        "Result URLs": now.public_url ?? "where the client reached the fake",
        "Callbacks are signed": now.signs_callbacks ? "yes" : "no",
      }}
    />
  `;
}

function told() {
  const [pace, looks = "2"] = now.pace.split(":");
  return { pace, looks, strict: now.strict, slots: now.slots ?? "", rate: now.rate ?? "" };
}

function Behaviour() {
  const { pace, looks, strict, slots, rate } = draft ?? told();
  const input = ({ currentTarget: { elements } }) => {
    draft = {
      pace: elements.pace.value,
      looks: elements.looks.value,
      strict: elements.strict.checked,
      slots: elements.slots.value,
      rate: elements.rate.value,
    };
  };
  const apply = (event) =>
    submit(
      event,
      async () => {
        await ask("PATCH", "settings", {
          pace: pace === "polls" ? `polls:${looks}` : pace,
          strict,
          slots: amount(slots),
          rate: rate.trim() || null,
        });
        draft = null;
      },
      "The settings are changed.",
    );
  return html`
    <form id="behaviour" onInput=${input} onSubmit=${apply}>
      <label for="pace">Pace of tasks</label>
      <div class="group">
        <select id="pace" name="pace" value=${pace}>
          ${Object.entries(PACES).map(([id, text]) => html`<option key=${id} value=${id}>${text}</option>`)}
        </select>
        <input
          name="looks"
          type="number"
          min="1"
          max="999999"
          required
          aria-label="Queries for each step"
          value=${looks}
          disabled=${pace !== "polls"}
        />
      </div>
      <label class="check">
        <input type="checkbox" name="strict" checked=${strict} /> Strict: warnings refuse, too
      </label>
      <label for="slots">Tasks in flight for each account and model</label>
      <input id="slots" name="slots" type="number" min="0" placeholder="no limit" value=${slots} />
      <label for="rate">Requests for each account</label>
      <input id="rate" name="rate" placeholder="no limit; or 10/s" value=${rate} ...${marked("behaviour")} />
      <${Wrong} form="behaviour" />
      <button name="apply" class="main">Apply</button>
    </form>
  `;
}

function Limits() {
  const set = (event) => {
    const form = event.currentTarget;
    const { account, slots, rate } = form.elements;
    return submit(
      event,
      async () => {
        const limits = { slots: amount(slots.value), rate: rate.value.trim() || null };
        await ask("POST", "limits", { account: account.value, ...limits });
        form.reset();
      },
      "The account has limits of its own now.",
    );
  };
  return html`
    <form id="limits" onSubmit=${set}>
      <label for="limited">Account</label>
      <input id="limited" name="account" required autocomplete="off" placeholder="its token" />
      <label for="its-slots">Tasks in flight for each model</label>
      <input id="its-slots" name="slots" type="number" min="0" placeholder="as for all" />
      <label for="its-rate">Requests</label>
      <input id="its-rate" name="rate" placeholder="as for all; or 10/s" ...${marked("limits")} />
      <${Wrong} form="limits" />
      <button name="apply" class="main">Set limits</button>
    </form>
  `;
}

function Reset() {
  const reset = (event) => {
    const form = event.currentTarget;
    const account = form.elements.account.value;
    return act(event, async () => {
      const whose = account ? "of this account" : "of every account";
      if (!(await confirmed(`Forget all tasks, callbacks, exchanges and faults ${whose}?`, "Forget them"))) return;
      await ask("POST", "reset", account ? { account } : {});
      form.reset();
    });
  };
  return html`
    <form id="reset" onSubmit=${reset}>
      <label for="forgotten">Account</label>
      <input id="forgotten" name="account" autocomplete="off" placeholder="its token; empty means all accounts" />
      <button name="apply" class="danger">Reset…</button>
    </form>
  `;
}

function amount(text) {
  return text === "" ? null : Number(text);
}
