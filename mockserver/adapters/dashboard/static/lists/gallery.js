// Results: the pictures, films and sounds that tasks have made, each with the way to its task.

import { link } from "../parts/address.js";
import { path } from "../parts/api.js";
import { SERVICE } from "../parts/contract.js";
import { html } from "../parts/draw.js";
import { excerpt } from "../parts/format.js";
import { List } from "../parts/list.js";
import { on } from "../parts/live.js";
import { Player } from "../parts/media.js";
import { FirstStep } from "./first.js";

const MEDIA = { image: "Images", video: "Videos", audio: "Sounds" };

export const view = new List({
  name: "results",
  path: "tasks",
  title: "Results",
  always: { status: "succeed" },
  none: () => html`<${FirstStep}>No result yet. What tasks have made appears here once they have succeeded.<//>`,
  fields: [
    { name: "search", label: "Search in ids and payloads", hint: "Search ids and payloads  /" },
    SERVICE,
    { name: "media", label: "Kind", options: () => [["", "Any kind"], ...Object.entries(MEDIA)] },
    { name: "account", label: "Account" },
  ],
  key: (task) => path(task.service, task.id),
  card: (task) => task.results.map((url, index) => html`<${Card} key=${url} task=${task} url=${url} index=${index} />`),
});

function Card({ task, url, index }) {
  const { service, id, operation, prompt, results } = task;
  const place = results.length > 1 ? `${index + 1} of ${results.length}, ` : "";
  return html`
    <li>
      <figure>
        <${Player} url=${url} name=${`Result ${index + 1} of task ${id}`} isLazy />
        <figcaption>
          <a href=${link("tasks", path(service, id))}>${excerpt(prompt ?? "", 90) || id}</a>
          <span class="quiet">${place}${operation.replace(/\.create$/, "")}</span>
        </figcaption>
      </figure>
    </li>
  `;
}

on("tasks", () => view.changed());

on("clock", () => view.changed());

// Time alone makes results, too.
on("second", () => view.changed());
