// Forms whose mistakes are told in a line beside the field.

import { html } from "./draw.js";
import { act, explained } from "./notice.js";

const wrongs = new Map();

/** Do what a form is for; why it was not done is told where `Wrong` stands for its id. */
export function submit(event, work, done) {
  const { id } = event.currentTarget;
  wrongs.delete(id);
  return act(event, work, done, (error) => wrongs.set(id, explained(error)));
}

/** What a field says of itself while something is wrong with its form. */
export function marked(form) {
  return wrongs.has(form) ? { "aria-invalid": "true", "aria-describedby": `${form}-wrong` } : {};
}

/** Forget what was wrong: the person is at it. */
export function forgive(form) {
  wrongs.delete(form);
}

/** The line that says what is wrong with a form, if anything is. */
export function Wrong({ form }) {
  return html`<p class="wrong" id=${`${form}-wrong`} role="alert" hidden=${!wrongs.has(form)}>${wrongs.get(form)}</p>`;
}
