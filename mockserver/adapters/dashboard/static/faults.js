// Faults: what is asked to go wrong, and all that could.

import { ask } from "./api.js";
import { keep, make, write } from "./dom.js";
import { count } from "./format.js";
import { on } from "./live.js";
import { act, complain, confirmed } from "./notice.js";
import { paced } from "./pace.js";

const SHOWN = 200;
const STAGES = {
  request: "Instead of an answer",
  answer: "To an answer",
  task: "To a task",
  result: "To a result",
  callback: "To a callback",
};

const page = document.getElementById("faults");
const form = document.getElementById("fault");
const { line, account, add } = form.elements;

export const view = { name: "faults", list: { refresh: paced(load, complain) } };

async function load() {
  const { faults, kinds } = await ask("GET", "faults");
  const left = faults.length - SHOWN;
  keep(page.querySelector(".asked"), faults.slice(-SHOWN).reverse(), ({ number }) => number, asked);
  page.querySelector(".none").hidden = faults.length > 0;
  page.querySelector("[name=clear]").hidden = faults.length === 0;
  write(page.querySelector(".more"), left > 0 ? `and ${count(left)} older ones` : "");
  keep(
    page.querySelector(".kinds"),
    stages(kinds),
    ({ stage }) => stage,
    ({ stage, known }) => {
      const rows = known.map(kind);
      const isOpen = stage !== "request";
      return make(
        "details",
        { open: isOpen },
        make("summary", {}, `${STAGES[stage] ?? stage} (${known.length})`),
        make("ul", {}, rows),
      );
    },
  );
}

function stages(kinds) {
  const found = Map.groupBy ? Map.groupBy(kinds, ({ stage }) => stage) : grouped(kinds);
  return [...found].map(([stage, known]) => ({ stage, known }));
}

function grouped(kinds) {
  const found = new Map();
  for (const kind of kinds) found.set(kind.stage, [...(found.get(kind.stage) ?? []), kind]);
  return found;
}

function asked({ number, fault, stage, services, account: whose, path, where, happened }) {
  const remove = (event) => act(event.currentTarget, () => ask("DELETE", `faults/${number}`));
  const scope = [
    services.length && `on ${services.join(", ")}`,
    whose && `for ${whose}`,
    path && `at ${path}`,
    Object.keys(where).length && `where ${JSON.stringify(where)}`,
  ];
  return make(
    "li",
    {},
    make("code", {}, fault),
    make("span", { class: "happened" }, `happened ${count(happened)}×`),
    make(
      "button",
      { type: "button", name: `remove ${number}`, "aria-label": `Remove ${fault}`, click: remove },
      "Remove",
    ),
    make("span", { class: "scope quiet" }, [STAGES[stage] ?? stage, ...scope.filter(Boolean)].join(" · ")),
  );
}

function kind({ name, usage, means }) {
  const take = () => {
    line.value = usage && !usage.startsWith("[") ? `${name} ` : name;
    line.focus();
  };
  return make(
    "li",
    {},
    make("button", { type: "button", name: `take ${name}`, click: take, title: "Copy it into the form" }, name),
    usage && make("code", {}, usage),
    make("span", { class: "quiet" }, means),
  );
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  act(
    add,
    async () => {
      await ask("POST", "faults", { fault: line.value, ...(account.value && { account: account.value }) });
      form.reset();
      line.focus();
    },
    "The fault is added.",
  );
});

page.querySelector("[name=clear]").addEventListener("click", (event) =>
  act(event.currentTarget, async () => {
    if (await confirmed("Remove all faults, of every account?", "Remove all")) await ask("DELETE", "faults");
  }),
);

on("faults", () => {
  if (!page.hidden && !document.hidden) view.list.refresh();
});
