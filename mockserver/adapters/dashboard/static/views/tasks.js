// Tasks: the list, with their states as they change, and each in full.

import { path } from "../parts/api.js";
import { changed, foundOf } from "../parts/detail.js";
import { html } from "../parts/draw.js";
import { distance, excerpt } from "../parts/format.js";
import { List } from "../parts/list.js";
import { now, on } from "../parts/live.js";
import { Thumbnail } from "../parts/media.js";
import { SERVICE } from "../parts/services.js";
import { Bar, hasMoved, Pill } from "../parts/timeline.js";
import { whole } from "./task.js";

const STATES = ["submitted", "processing", "succeed", "failed"];

export const view = new List({
  name: "tasks",
  title: "Tasks",
  whole,
  none: "No task yet. Send a create request to this server, and its task appears here.",
  fields: [
    { name: "search", label: "Search in ids and payloads", hint: "Search ids and payloads  /" },
    SERVICE,
    { name: "status", label: "State", options: () => [["", "Any state"], ...STATES.map((state) => [state, state])] },
    { name: "account", label: "Account" },
  ],
  key: (task) => path(task.service, task.id),
  row: (task) => html`
    <${Thumbnail} task=${task} />
    <${Pill} task=${task} />
    <span class="id">${task.id}</span>
    <span class="text">${excerpt(task.prompt ?? "")}</span>
    <span class="what quiet">
      ${task.operation.replace(".create", "")}${task.external_id && ` · ${task.external_id}`}
    </span>
    <${Bar} task=${task} />
    <span class="age quiet">${distance(task.created_at, now())}</span>
  `,
});

on("tasks", () => {
  view.changed();
  changed(view);
});

on("clock", () => view.changed());

// Only the fake knows the results of a task that has gone on, and which tasks are in a state now.
on("tick", () => {
  if (view.filters.values.status || view.items?.some(hasMoved)) view.changed();
  const task = foundOf(view);
  if (task && hasMoved(task)) changed(view);
});
