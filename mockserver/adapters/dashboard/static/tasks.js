// Tasks: the list, with their states as they change, and each in full.

import { path } from "./api.js";
import { changed } from "./detail.js";
import { make } from "./dom.js";
import { excerpt } from "./format.js";
import { List } from "./list.js";
import { on, state } from "./live.js";
import { thumbnail } from "./media.js";
import { age, bar, pill } from "./timeline.js";
import { whole } from "./task.js";

export const view = { name: "tasks", whole };

const list = new List({
  name: "tasks",
  none: "No task yet. Send a create request to this server, and its task appears here.",
  key: (task) => path(task.service, task.id),
  row: (task) => [
    thumbnail(task),
    pill(task, () => list.changed()),
    make("span", { class: "id" }, task.id),
    make("span", { class: "text" }, excerpt(task.prompt ?? "")),
    make(
      "span",
      { class: "what quiet" },
      task.operation.replace(".create", ""),
      task.external_id && ` · ${task.external_id}`,
    ),
    bar(task),
    age(task),
  ],
});

view.list = list;

on("tasks", () => {
  list.changed();
  changed(view);
});

on("clock", () => list.changed());

// Which tasks are in a state depends on the time alone, so a list of those is asked for again as time goes by.
setInterval(() => {
  if (list.form.elements.status.value !== "" && state()?.is_frozen === false) list.changed();
}, 1000);
