// Drawing: the whole page is drawn from what the modules know, again whenever something has changed. What a client sent
// is only ever text here: no string becomes markup.

import htm from "../vendor/htm.js";
import { h, options, render } from "../vendor/preact.js";

export const html = htm.bind(h);

const place = document.getElementById("page");
const narrow = matchMedia("(max-width: 40rem)");
narrow.addEventListener("change", redraw);

let page = null;
let isAsked = false;
let afterwards = [];

/** Whether there is so little room that what is needed less often is behind a word. */
export function isNarrow() {
  return narrow.matches;
}

/** Draw what a function returns, now and whenever it is asked for. */
export function begin(everything) {
  page = everything;
  redraw();
}

/** Ask for a new drawing; those that are asked for together are one. */
export function redraw() {
  if (isAsked || page === null) return;
  isAsked = true;
  requestAnimationFrame(draw);
}

/** Do something once the page shows what is known now. */
export function afterwardsDo(work) {
  afterwards.push(work);
  redraw();
}

// Whatever a person does may change what is shown.
options.event = (event) => {
  redraw();
  return event;
};

function draw() {
  isAsked = false;
  const focused = document.activeElement;
  const item = focused.closest("li");
  const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
  render(page(), place);
  // Of a list the focus stays in it when the item that had it has gone.
  if (!focused.isConnected) neighbour?.querySelector("a, button, select, input")?.focus();
  const due = afterwards;
  afterwards = [];
  for (const work of due) work();
}
