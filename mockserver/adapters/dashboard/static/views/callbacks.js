// Callbacks: the list, and each in full.

import { link } from "../parts/address.js";
import { ask, path, query, Refusal } from "../parts/api.js";
import { changed, Facts, Section, Verbatim } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { excerpt, moment, time } from "../parts/format.js";
import { List } from "../parts/list.js";
import { on } from "../parts/live.js";
import { SERVICE } from "../parts/services.js";
import { Again, Attempts, Outcome } from "./callback.js";

const whole = {
  load: async (key) => {
    const id = decodeURIComponent(key);
    const { items } = await ask("GET", `callbacks${query({ search: id, limit: 10 })}`);
    const callback = items.find((item) => item.id === id);
    if (!callback) throw new Refusal(`no callback ${id}, or no longer`, 404);
    return callback;
  },
  title: (callback) => `Callback of task ${callback.task_id}`,
  draw: (callback) => html`
    <${Section} name="About"><${About} callback=${callback} /><${Again} callback=${callback} /><//>
    <${Section} name="Attempts"><${Attempts} callback=${callback} /><//>
    <${Section} name="Body"><${Verbatim} label="Body">${JSON.stringify(callback.body, null, 2)}<//><//>
  `,
};

function About({ callback }) {
  return html`
    <${Facts}
      of=${{
        Task: html`<a href=${link("tasks", path(callback.service, callback.task_id))}>${callback.task_id}</a>`,
        Says: callback.status,
        To: callback.url,
        Due: moment(callback.due),
        Id: callback.id,
      }}
    />
  `;
}

export const view = new List({
  name: "callbacks",
  title: "Callbacks",
  whole,
  none: "No callback yet. A create request with a callback_url leads to some.",
  fields: [
    { name: "search", label: "Search in ids and addresses", hint: "Search ids and addresses  /" },
    SERVICE,
    { name: "account", label: "Account" },
  ],
  key: ({ id }) => path(id),
  row: (callback) => html`
    <${Outcome} callback=${callback} />
    <span class="id">${callback.task_id}</span>
    <span class="what">${callback.status}</span>
    <span class="text quiet">${excerpt(callback.url)}</span>
    <span class="tries quiet">${tries(callback)}</span>
    <span class="age quiet">${time(callback.due)}</span>
  `,
});

on("callbacks", () => {
  view.changed();
  changed(view);
});

function tries({ attempts }) {
  const last = attempts[attempts.length - 1];
  if (!last) return "not tried";
  return `${attempts.length} ${attempts.length > 1 ? "attempts" : "attempt"}, ${last.fault ?? `HTTP ${last.status}`}`;
}
