// Settings: how the fake behaves from now on, the limits of an account, and a fresh start.

import { ask } from "./api.js";
import { facts } from "./detail.js";
import { fill } from "./dom.js";
import { count } from "./format.js";
import { on } from "./live.js";
import { act, complain, confirmed } from "./notice.js";
import { paced } from "./pace.js";

const page = document.getElementById("settings");
const behaviour = document.getElementById("behaviour");
const limits = document.getElementById("limits");
const reset = document.getElementById("reset");

let isTouched = false;

export const view = { name: "settings", list: { refresh: paced(load, complain) } };

async function load() {
  const now = await ask("GET", "settings");
  fill(
    page.querySelector(".fixed"),
    facts({
      Services: now.services.join(", "),
      Prefixes: now.prefixes.join(", ") || "none",
      Keys: now.keys.join(", ") || "any is let in",
      "Largest body": `${count(now.max_body)} bytes`,
      "Result URLs": now.public_url ?? "where the client reached the fake",
      "Callbacks are signed": now.signs_callbacks ? "yes" : "no",
    }),
  );
  if (isTouched) return;
  const { pace, looks, strict, slots, rate } = behaviour.elements;
  const [name, number] = now.pace.split(":");
  pace.value = name;
  looks.value = number ?? 2;
  looks.disabled = name !== "polls";
  strict.checked = now.strict;
  slots.value = now.slots ?? "";
  rate.value = now.rate ?? "";
}

function amount(input) {
  return input.value === "" ? null : Number(input.value);
}

behaviour.addEventListener("input", () => {
  isTouched = true;
  behaviour.elements.looks.disabled = behaviour.elements.pace.value !== "polls";
});

behaviour.addEventListener("submit", (event) => {
  event.preventDefault();
  const { pace, looks, strict, slots, rate, apply } = behaviour.elements;
  act(
    apply,
    async () => {
      await ask("PATCH", "settings", {
        pace: pace.value === "polls" ? `polls:${looks.value}` : pace.value,
        strict: strict.checked,
        slots: amount(slots),
        rate: rate.value.trim() || null,
      });
      isTouched = false;
      view.list.refresh();
    },
    "The settings are changed.",
  );
});

limits.addEventListener("submit", (event) => {
  event.preventDefault();
  const { account, slots, rate, apply } = limits.elements;
  act(
    apply,
    async () => {
      await ask("POST", "limits", { account: account.value, slots: amount(slots), rate: rate.value.trim() || null });
      limits.reset();
    },
    "The account has limits of its own now.",
  );
});

reset.addEventListener("submit", (event) => {
  event.preventDefault();
  const { account, apply } = reset.elements;
  const whose = account.value ? "of this account" : "of every account";
  act(apply, async () => {
    const isSure = await confirmed(`Forget all tasks, callbacks, exchanges and faults ${whose}?`, "Forget them");
    if (!isSure) return;
    await ask("POST", "reset", account.value ? { account: account.value } : {});
    reset.reset();
  });
});

on("settings", () => {
  if (!page.hidden && !document.hidden) view.list.refresh();
});
