// One thing in full, beside its list; on a small screen, over it.

import { afterwardsDo, html, redraw } from "./draw.js";
import { complain } from "./notice.js";
import { paced } from "./pace.js";

const covering = matchMedia("(max-width: 60rem)");
covering.addEventListener("change", redraw);

let shown = null;

/** Ask again for what is shown. */
export const again = paced(async () => {
  const asked = shown;
  if (asked === null) return;
  try {
    asked.found = await asked.view.whole.load(asked.key);
    asked.missing = null;
  } catch (error) {
    if (error.status !== 404) throw error;
    asked.missing = error.message;
  }
  redraw();
}, complain);

/** Show what a view knows of a thing. `isAsked` moves the focus there, as a person has asked for it. */
export function open(view, key, isAsked) {
  if (shown?.view !== view || shown.key !== key) shown = { view, key, found: null, missing: null };
  again();
  if (isAsked) afterwardsDo(() => document.getElementById("detail-title").focus({ preventScroll: true }));
}

/** Show nothing. */
export function close() {
  shown = null;
}

/** What is shown of a thing that a view knows; nothing if something else is, or it has not come yet. */
export function foundOf(view) {
  return shown?.view === view ? shown.found : null;
}

/** Whether a detail lies over everything else, which cannot be reached then. */
export function isCovering() {
  return shown !== null && covering.matches;
}

/** Something has changed that a view shows. */
export function changed(view) {
  if (shown?.view === view && !document.hidden) again();
}

export function Detail({ leave }) {
  if (shown === null) return null;
  const { view, key, found, missing } = shown;
  return html`
    <aside id="detail" aria-labelledby="detail-title">
      <header>
        <h2 id="detail-title" tabindex="-1">${missing ? "Not there" : found && view.whole.title(found)}</h2>
        <button type="button" id="close" onClick=${leave}>Close <kbd>Esc</kbd></button>
      </header>
      <div id="detail-body" class="scroll" key=${`${view.name}/${key}`}>
        ${missing ? html`<${Section} name="Why">${missing}<//>` : found && view.whole.draw(found)}
      </div>
    </aside>
  `;
}

export function Section({ name, level = 3, children }) {
  const heading = `h${level}`;
  return html`
    <section aria-label=${name}>
      <${heading}>${name}<//>
      ${children}
    </section>
  `;
}

/** Names and values; those without a value are left out. */
export function Facts({ of }) {
  const given = Object.entries(of).filter(([, value]) => value != null && value !== "" && value !== false);
  return html`<dl class="facts">${given.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** A text as it is, in a box that can be scrolled with the keyboard. */
export function Verbatim({ label, children }) {
  return html`<pre tabindex="0" role="group" aria-label=${label}>${children}</pre>`;
}
