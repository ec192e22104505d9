// Exchanges: the list of what clients sent, and each in full with what was wrong with it.

import { ask } from "./api.js";
import { facts, section, verbatim } from "./detail.js";
import { make } from "./dom.js";
import { count, excerpt, indented, moment, time } from "./format.js";
import { List } from "./list.js";
import { on } from "./live.js";
import { say } from "./notice.js";

const CHIPS = 3;

export const view = { name: "requests", whole };

view.list = new List({
  name: "requests",
  none: "No request yet.",
  key: ({ number }) => String(number),
  row: (exchange) => [
    make("span", { class: "pill", "data-http": kind(exchange.status) }, exchange.status),
    make("span", { class: "number quiet" }, exchange.number),
    make("span", { class: "method" }, exchange.method),
    make("span", { class: "text path" }, excerpt(exchange.path)),
    make("span", { class: "rules" }, chips(exchange.rules.concat(exchange.differences.map(asRule)))),
    make("span", { class: "what quiet" }, exchange.operation ?? exchange.service),
    make("span", { class: "age quiet" }, time(exchange.at)),
  ],
  loaded: (items) => {
    suggest(
      "operations",
      items.map(({ operation }) => operation),
    );
    suggest(
      "rules",
      items.flatMap(({ rules }) => rules.map(({ rule }) => rule)),
    );
  },
});

on("requests", () => view.list.changed());

function kind(status) {
  return `${Math.floor(status / 100)}xx`;
}

// What a real service said otherwise than the contract is shown where broken rules are.
function asRule(pointer) {
  return { rule: pointer || "/", level: "error" };
}

function chips(rules) {
  const shown = rules
    .slice(0, CHIPS)
    .map(({ rule, level }) => make("span", { class: "chip", "data-level": level }, rule));
  return rules.length > CHIPS ? [...shown, make("span", { class: "chip" }, `+${rules.length - CHIPS}`)] : shown;
}

function suggest(id, values) {
  const box = document.getElementById(id);
  const known = new Set([...box.options].map(({ value }) => value));
  for (const value of new Set(values)) if (value && !known.has(value)) box.append(make("option", { value }));
}

async function whole(key) {
  const exchange = await ask("GET", `requests/${key}`);
  const { number, request, response, violations, differences } = exchange;
  return {
    title: `${request.method} ${excerpt(request.path, 80)}`,
    sections: [
      section("About", number, () => about(exchange)),
      violations.length &&
        section("Violations", violations, () => make("ul", { class: "cards" }, violations.map(violation))),
      differences.length &&
        section("Differences", differences, () => make("ul", { class: "cards" }, differences.map(difference))),
      section("Repeat", exchange.curl, () => repeat(exchange.curl)),
      section("Request", request, () =>
        message(request, `${request.method} ${request.path}${request.query && `?${request.query}`}`),
      ),
      section("Answer", response, () => message(response, `HTTP ${response.status}`)),
    ].filter(Boolean),
  };
}

function about({ number, at, service, operation, account, response }) {
  const status = make("span", { class: "pill", "data-http": kind(response.status) }, response.status);
  return facts({
    Status: status,
    Number: number,
    At: moment(at),
    Service: service,
    Operation: operation,
    Account: account,
  });
}

function violation({ rule, level, pointer, fact, description, source, confidence }) {
  return make(
    "li",
    { class: "violation", "data-level": level },
    make(
      "p",
      { class: "now" },
      make("span", { class: "pill", "data-level": level }, level),
      make(
        "a",
        { href: `#requests?rule=${encodeURIComponent(rule)}`, title: "Show all that broke this rule" },
        make("code", {}, rule),
      ),
    ),
    make("p", {}, fact),
    make("p", { class: "quiet" }, description),
    facts({ At: make("code", {}, pointer || "/"), Source: source, Confidence: confidence }),
  );
}

function difference({ side, pointer, keyword, documented, received, where }) {
  return make(
    "li",
    { class: "violation", "data-level": "error" },
    make(
      "p",
      { class: "now" },
      make("span", { class: "pill", "data-level": "error" }, side),
      make("code", {}, pointer || "/"),
    ),
    facts({ Documented: documented, Received: received, Keyword: keyword, Where: where }),
  );
}

function message({ headers, body, size }, line) {
  const cut = new TextEncoder().encode(body).length < size;
  const list = facts(Object.fromEntries(Object.entries(headers)));
  return [
    make("p", {}, make("code", { class: "line" }, line)),
    make("details", {}, make("summary", {}, `Headers (${Object.keys(headers).length})`), list),
    body ? verbatim(indented(body), "Body") : make("p", { class: "quiet" }, "No body."),
    cut && make("p", { class: "quiet" }, `Cut; the whole body had ${count(size)} bytes.`),
  ];
}

function repeat(curl) {
  const text = verbatim(curl, "curl line");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(curl);
      say("Copied.");
    } catch {
      getSelection().selectAllChildren(text);
      say("The browser did not copy it: it is selected now, press Ctrl+C.");
    }
  };
  return [text, make("button", { type: "button", name: "copy", click: copy }, "Copy")];
}
