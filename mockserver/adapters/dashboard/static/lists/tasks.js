// Tasks: the list, with their states as they change, and each in full.

import { path } from "../parts/api.js";
import { SERVICE } from "../parts/contract.js";
import { changed, foundOf } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { distance, excerpt } from "../parts/format.js";
import { List } from "../parts/list.js";
import { now, on } from "../parts/live.js";
import { Thumbnail } from "../parts/media.js";
import { Chip } from "../parts/reason.js";
import { FirstStep } from "./first.js";
import { whole } from "./task.js";
import { Bar, hasMoved, Next, Pill } from "./timeline.js";

const STATES = ["submitted", "processing", "succeed", "failed"];

export const view = new List({
  name: "tasks",
  title: "Tasks",
  whole,
  none: () => html`<${FirstStep}>No task yet. A create request to this server makes one, and it appears here.<//>`,
  fields: [
    { name: "search", label: "Search in ids and payloads", hint: "Search ids and payloads  /" },
    SERVICE,
    { name: "status", label: "State", options: () => [["", "Any state"], ...STATES.map((state) => [state, state])] },
    { name: "account", label: "Account" },
  ],
  key: (task) => path(task.service, task.id),
  columns: [
    { name: "picture", head: "", cell: (task) => html`<${Thumbnail} task=${task} />` },
    { name: "state", head: "State", cell: (task) => html`<${Pill} task=${task} />` },
    { name: "id", head: "Task", cell: ({ id }) => id },
    { name: "text", head: "Prompt", cell: ({ prompt }) => excerpt(prompt ?? "") },
    { name: "why", head: "Why", cell: ({ cause }) => cause && html`<${Chip} reason=${cause} />` },
    { name: "what", head: "Operation", cell: operation },
    { name: "next", head: "Progress", cell: (task) => html`<${Bar} task=${task} /><${Next} task=${task} />` },
    { name: "age", head: "Created", cell: ({ created_at }) => distance(created_at, now()) },
  ],
});

function operation({ operation: id, external_id }) {
  return `${id.replace(/\.create$/, "")}${external_id ? ` · ${external_id}` : ""}`;
}

on("tasks", () => {
  view.changed();
  changed(view);
});

on("clock", () => view.changed());

// Only the fake knows the results of a task that has gone on, and which tasks are in a state now.
on("tick", () => {
  if (view.items?.some(hasMoved)) view.changed();
  const task = foundOf(view);
  if (task && hasMoved(task)) changed(view);
});

on("second", () => {
  if (view.filters.values.status) view.changed();
});
