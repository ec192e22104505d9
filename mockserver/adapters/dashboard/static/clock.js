// The fake's clock, on top of every page.

import { ask } from "./api.js";
import { write } from "./dom.js";
import { day, time } from "./format.js";
import { clock, now, on } from "./live.js";
import { act } from "./notice.js";
import { animate } from "./pace.js";

const box = document.getElementById("clock");
const face = document.getElementById("now");
const freeze = document.getElementById("freeze");

async function post(verb, body) {
  clock(await ask("POST", `clock/${verb}`, body));
}

freeze.addEventListener("click", () => {
  act(freeze, () => post(freeze.getAttribute("aria-pressed") === "true" ? "resume" : "freeze"));
});

for (const button of box.querySelectorAll("button[data-advance]")) {
  button.addEventListener("click", () => act(button, () => post("advance", { advance: button.dataset.advance })));
}

document.getElementById("advance").addEventListener("submit", (event) => {
  event.preventDefault();
  const { advance, go } = event.target.elements;
  act(go, () => post("advance", { advance: advance.value.trim() }));
});

document.getElementById("set").addEventListener("submit", (event) => {
  event.preventDefault();
  const { to, go } = event.target.elements;
  act(go, async () => {
    await post("set", { now: new Date(to.value).getTime() });
    event.target.closest("details").open = false;
  });
});

document.querySelector("#clock details").addEventListener("toggle", () => {
  document.getElementById("set").elements.to.value = `${day(now())}T${time(now())}`;
});

on("state", ({ is_frozen: isFrozen }) => {
  freeze.setAttribute("aria-pressed", isFrozen);
  write(freeze, isFrozen ? "Resume" : "Freeze");
  face.classList.toggle("frozen", isFrozen);
});

animate(face, () => {
  write(document.getElementById("day"), day(now()));
  write(document.getElementById("time"), time(now()).slice(0, -4));
});
