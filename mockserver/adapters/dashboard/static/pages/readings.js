// Readings: the questions that the documents leave open, as switches.

import { ask } from "../parts/api.js";
import { html } from "../parts/draw.js";
import { Filters } from "../parts/filters.js";
import { on } from "../parts/live.js";
import { act } from "../parts/notice.js";
import { page } from "../parts/page.js";

let questions = [];

const SEARCH = { name: "search", label: "Search in questions", hint: "Search questions  /" };
const SERVICE = {
  name: "service",
  label: "Service",
  options: () => services().map((id) => [id, id]),
  usual: () => services().find((id) => id === "kling") ?? services()[0],
};

const filters = new Filters("readings", [SEARCH, SERVICE]);

const plain = page({ name: "readings", title: "Readings", draw, load });

export const view = {
  ...plain,
  arrive: (isOther) => {
    filters.arrive();
    plain.arrive(isOther);
  },
};

on("settings", view.changed);

async function load() {
  questions = (await ask("GET", "readings")).readings;
}

function services() {
  return [...new Set(questions.map((question) => question.service))];
}

function draw() {
  const word = filters.valueOf(SEARCH).trim().toLowerCase();
  const service = filters.valueOf(SERVICE);
  const found = questions.filter(
    (question) => question.service === service && JSON.stringify(question).toLowerCase().includes(word),
  );
  return html`
    ${filters.draw("Readings")}
    <div class="scroll">
      <ul class="switches cards">${found.map(row)}</ul>
      ${questions.length > 0 && found.length === 0 && html`<p class="none">Nothing matches.</p>`}
    </div>
  `;
}

function row(question) {
  const { id, readings, taken } = question;
  const name = `${question.service}/${id}`;
  const change = (event) => {
    const { value } = event.currentTarget;
    return act(
      event,
      () => ask("PATCH", "settings", { readings: { [name]: value } }),
      `${name} is another reading now.`,
    );
  };
  return html`
    <li key=${name} class=${taken === question.default ? "" : "switched"}>
      <label for=${name}>${question.question}<code>${id}</code></label>
      <select id=${name} name=${name} value=${taken} onChange=${change}>
        ${Object.entries(readings).map(([reading, means]) => {
          const mark = reading === question.default ? " (default)" : "";
          return html`<option key=${reading} value=${reading}>${`${reading}${mark}: ${means}`}</option>`;
        })}
      </select>
      <p class="quiet">${question.confidence} · ${question.source}</p>
    </li>
  `;
}
