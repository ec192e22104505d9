// One thing in full, beside its list; on a small screen, over it.

import { keep, make, write } from "./dom.js";
import { complain } from "./notice.js";
import { paced } from "./pace.js";

const pane = document.getElementById("detail");
const title = document.getElementById("detail-title");
const body = document.getElementById("detail-body");
const covering = matchMedia("(max-width: 60rem)");

let shown = null;

/** Ask again for what is shown. */
export const again = paced(async () => {
  if (shown === null) return;
  const { view, key } = shown;
  try {
    const found = await view.whole(key);
    if (shown?.key === key && shown.view === view) lay(found);
  } catch (error) {
    if (error.status !== 404) throw error;
    if (shown?.key === key) lay({ title: "Not there", sections: [section("Why", error.message, () => error.message)] });
  }
}, complain);

/** A part of a detail: it is built again only when its data has changed. */
export function section(name, data, build) {
  return { name, data, build };
}

/** Names and values; those without a value are left out. */
export function facts(pairs) {
  const given = Object.entries(pairs).filter(([, value]) => value != null && value !== "");
  return make(
    "dl",
    { class: "facts" },
    given.map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]).flat(),
  );
}

/** A text as it is, in a box that can be scrolled with the keyboard. */
export function verbatim(text, label) {
  return make("pre", { tabindex: 0, role: "region", "aria-label": label }, text);
}

/** Show what a view knows of a thing. `isAsked` moves the focus there, as a person has asked for it. */
export function open(view, key, isAsked) {
  shown = { view, key };
  pane.hidden = false;
  document.body.classList.add("has-detail");
  cover();
  again();
  if (isAsked) title.focus({ preventScroll: true });
}

/** Show nothing. */
export function close() {
  shown = null;
  pane.hidden = true;
  document.body.classList.remove("has-detail");
  cover();
}

/** Something has changed that a view shows. */
export function changed(view) {
  if (shown?.view === view && !document.hidden) again();
}

function lay(found) {
  write(title, found.title);
  keep(
    body,
    found.sections,
    ({ name }) => name,
    ({ name, build }) => {
      return make("section", { "aria-label": name }, make("h3", {}, name), build());
    },
  );
}

// What lies under the pane cannot be reached with Tab.
function cover() {
  const isCovered = covering.matches && !pane.hidden;
  for (const under of document.querySelectorAll("#skip, body > header, nav, main > section")) under.inert = isCovered;
}

covering.addEventListener("change", cover);
