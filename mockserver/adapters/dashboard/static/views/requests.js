// Exchanges: the list of what clients sent.

import { html } from "../parts/draw.js";
import { excerpt, time } from "../parts/format.js";
import { List } from "../parts/list.js";
import { on } from "../parts/live.js";
import { SERVICE } from "../parts/services.js";
import { Status, whole } from "./exchange.js";

const CHIPS = 3;
const STATUSES = ["200", "400", "401", "404", "429", "500"];

const operations = new Set();
const rules = new Set(["*"]);

export const view = new List({
  name: "requests",
  title: "Requests",
  whole,
  none: "No request yet.",
  fields: [
    { name: "search", label: "Search in paths and bodies", hint: "Search paths and bodies  /" },
    SERVICE,
    { name: "operation", label: "Operation", list: () => noted(operations, ({ operation }) => [operation]) },
    { name: "status", label: "HTTP status", hint: "Status", pattern: "[0-9]{3}", list: () => STATUSES },
    {
      name: "rule",
      label: "Broken rule; * is any",
      hint: "Rule, * is any",
      list: () => noted(rules, (item) => item.rules.map(({ rule }) => rule)),
    },
    { name: "account", label: "Account" },
  ],
  key: ({ number }) => String(number),
  row: (exchange) => html`
    <${Status} of=${exchange.status} />
    <span class="number quiet">${exchange.number}</span>
    <span class="method">${exchange.method}</span>
    <span class="text path">${excerpt(exchange.path)}</span>
    <span class="rules"><${Chips} rules=${exchange.rules.concat(exchange.differences.map(asRule))} /></span>
    <span class="what quiet">${exchange.operation ?? exchange.service}</span>
    <span class="age quiet">${time(exchange.at)}</span>
  `,
});

on("requests", () => view.changed());

// What was once seen stays among the suggestions.
function noted(known, valuesOf) {
  for (const value of (view.items ?? []).flatMap(valuesOf)) if (value) known.add(value);
  return [...known];
}

// What a real service said otherwise than the contract is shown where broken rules are.
function asRule(pointer) {
  return { rule: pointer || "/", level: "error" };
}

function Chips({ rules }) {
  return html`
    ${rules.slice(0, CHIPS).map(({ rule, level }) => html`<span class="chip" data-level=${level}>${rule}</span>`)}
    ${rules.length > CHIPS && html`<span class="chip">+${rules.length - CHIPS}</span>`}
  `;
}
