// Callbacks: the list, and each in full.

import { link } from "../parts/address.js";
import { ask, path, query, Refusal } from "../parts/api.js";
import { SERVICE } from "../parts/contract.js";
import { changed, Facts, Section, Verbatim } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { excerpt, moment, time, toCome } from "../parts/format.js";
import { List } from "../parts/list.js";
import { now, on } from "../parts/live.js";
import { Again, Attempts, Outcome } from "./callback.js";
import { FirstStep } from "./first.js";

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
        Due: toCome(callback.due, now(), moment),
        Id: callback.id,
      }}
    />
  `;
}

export const view = new List({
  name: "callbacks",
  title: "Callbacks",
  whole,
  none: () => html`
    <${FirstStep}>
      No callback yet. A create request whose payload has a <code>callback_url</code> leads to some.
    <//>
  `,
  fields: [
    { name: "search", label: "Search in ids and addresses", hint: "Search ids and addresses  /" },
    SERVICE,
    { name: "account", label: "Account" },
  ],
  key: ({ id }) => path(id),
  columns: [
    { name: "state", head: "Outcome", cell: (callback) => html`<${Outcome} callback=${callback} />` },
    { name: "id", head: "Task", cell: (callback) => callback.task_id },
    { name: "what", head: "Says", cell: ({ status }) => status },
    { name: "text", head: "To", cell: ({ url }) => excerpt(url) },
    { name: "tries", head: "Attempts", cell: tries },
    { name: "age", head: "Due", cell: ({ due }) => toCome(due, now(), time) },
  ],
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
