// Readings: the questions that the documents leave open, as switches.

import { ask } from "./api.js";
import { keep, make } from "./dom.js";
import { on } from "./live.js";
import { act, complain } from "./notice.js";
import { paced } from "./pace.js";

const page = document.getElementById("readings");
const { service, search } = page.querySelector("form").elements;

export const view = { name: "readings", list: { refresh: paced(load, complain) } };

async function load() {
  const { readings } = await ask("GET", "readings");
  if (!service.options.length) {
    const services = [...new Set(readings.map((question) => question.service))];
    service.append(...services.map((id) => make("option", { value: id }, id)));
    service.value = services.includes("kling") ? "kling" : services[0];
  }
  const word = search.value.trim().toLowerCase();
  const isWanted = (question) =>
    question.service === service.value && JSON.stringify(question).toLowerCase().includes(word);
  const found = readings.filter(isWanted);
  keep(page.querySelector(".switches"), found, (question) => `${question.service}/${question.id}`, row);
  page.querySelector(".none").hidden = found.length > 0;
}

function row(question) {
  const { id, readings, taken } = question;
  const name = `${question.service}/${id}`;
  const options = Object.entries(readings).map(([reading, means]) => {
    const mark = reading === question.default ? " (default)" : "";
    return make("option", { value: reading, selected: reading === taken }, `${reading}${mark}: ${means}`);
  });
  const change = (event) =>
    act(
      event.currentTarget,
      async () => {
        const { value } = event.target;
        await ask("PATCH", "settings", { readings: { [name]: value } });
      },
      `${name} is another reading now.`,
    );
  return make(
    "li",
    { class: taken === question.default ? "" : "switched" },
    make("label", { for: name }, question.question, make("code", {}, id)),
    make("select", { id: name, name, change }, options),
    make("p", { class: "quiet" }, `${question.confidence} · ${question.source}`),
  );
}

page.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
page.querySelector("form").addEventListener("input", () => view.list.refresh());

on("settings", () => {
  if (!page.hidden && !document.hidden) view.list.refresh();
});
