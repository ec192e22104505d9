// Exchanges: the list of what clients sent.

import { SERVICE } from "../parts/contract.js";
import { html } from "../parts/draw.js";
import { excerpt, latency, time } from "../parts/format.js";
import { List } from "../parts/list.js";
import { on } from "../parts/live.js";
import { Chip } from "../parts/reason.js";
import { Status, whole } from "./exchange.js";
import { FirstStep } from "./first.js";

const CHIPS = 3;
const STATUSES = ["2xx", "4xx", "5xx", "200", "400", "401", "404", "429", "500"];
const REASONS = [
  ...["rule", "reading", "fault", "limit", "credential", "duplicate", "missing", "route", "form", "state"],
  "internal",
];

const operations = new Set();
const rules = new Set(["*"]);

export const view = new List({
  name: "requests",
  title: "Requests",
  whole,
  archive: "requests.har",
  none: () => html`<${FirstStep}>No request yet. Whatever a client sends to this server appears here.<//>`,
  fields: [
    { name: "search", label: "Search in paths and bodies", hint: "Search paths and bodies  /" },
    SERVICE,
    { name: "operation", label: "Operation", list: () => noted(operations, ({ operation }) => [operation]) },
    {
      name: "status",
      label: "HTTP status: 429, or 4xx",
      hint: "Status",
      pattern: "[0-9]{3}|[1-5]xx",
      list: () => STATUSES,
    },
    {
      name: "reason",
      label: "Reason",
      options: () => [["", "Any reason"], ["*", "Some reason"], ...REASONS.map((kind) => [kind, kind])],
    },
    {
      name: "rule",
      label: "Broken rule; * is any",
      hint: "Rule, * is any",
      list: () => noted(rules, (item) => item.rules.map(({ rule }) => rule)),
    },
    { name: "account", label: "Account" },
  ],
  key: ({ number }) => String(number),
  columns: [
    { name: "state", head: "Status", cell: ({ status }) => html`<${Status} of=${status} />` },
    { name: "number", head: "No.", cell: ({ number }) => number },
    { name: "method", head: "Method", cell: ({ method }) => method },
    { name: "text", head: "Path", cell: ({ path }) => excerpt(path) },
    { name: "why", head: "Why", cell: (exchange) => html`<${Reasons} exchange=${exchange} />` },
    { name: "what", head: "Operation", cell: ({ operation, service }) => operation ?? service },
    { name: "took", head: "Took", cell: ({ took }) => latency(took) },
    { name: "age", head: "At", cell: ({ at }) => time(at) },
  ],
});

on("requests", () => view.changed());

// What was once seen stays among the suggestions.
function noted(known, valuesOf) {
  for (const value of (view.items ?? []).flatMap(valuesOf)) if (value) known.add(value);
  return [...known];
}

// What decided, the other rules that were broken, and what a real service said otherwise than the contract.
function Reasons({ exchange: { reason, rules: broken, differences } }) {
  const others = [
    ...broken.filter(({ rule }) => reason?.kind !== "rule" || rule !== reason.id),
    ...differences.map((pointer) => ({ rule: pointer || "/", level: "error" })),
  ];
  return html`
    ${reason && html`<${Chip} reason=${reason} />`}
    ${others.slice(0, CHIPS).map(({ rule, level }) => html`<span class="chip" data-level=${level}>${rule}</span>`)}
    ${others.length > CHIPS && html`<span class="chip">+${others.length - CHIPS}</span>`}
  `;
}
