// A request as a program: in which language, the text, and a button that copies it.

import { Verbatim } from "./detail.js";
import { html } from "./draw.js";
import { say } from "./notice.js";

const LANGUAGES = { curl: "curl", python: "Python", javascript: "JavaScript", testee: "Testee" };
const IMPOSSIBLE = {
  javascript: "fetch sends no body with GET.",
  testee: "A testee is asked for a task: only a create of one, with a JSON object, can be such a line.",
};

let chosen = "curl";

/** Programs that send a request again, by their language, as the control API has them. */
export function Copies({ of }) {
  const text = of[chosen];
  return html`
    <div class="group" role="group" aria-label="Language">
      ${Object.entries(LANGUAGES).map(
        ([id, name]) => html`
          <button type="button" name=${id} aria-pressed=${chosen === id} onClick=${() => (chosen = id)}>${name}</button>
        `,
      )}
    </div>
    ${
      text === null
        ? html`<p class="quiet">${IMPOSSIBLE[chosen]}</p>`
        : html`<${Copied} text=${text} name=${LANGUAGES[chosen]} />`
    }
    <p class="quiet">
      ${
        chosen === "testee"
          ? html`The line is for a testee’s standard input; its key is <code>me</code>.`
          : html`The variable <code>MOCKSERVER_TOKEN</code> holds the key; without it, it is <code>me</code>.`
      }
    </p>
  `;
}

/** A text with a button that copies it. */
export function Copied({ text, name }) {
  return html`
    <div class="copied">
      <${Verbatim} label=${`${name}, to be copied`}>${text}<//>
      <button type="button" name="copy" onClick=${(event) => copy(text, event.currentTarget)}>Copy</button>
    </div>
  `;
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    say("The browser did not copy it: it is selected now, press Ctrl+C.");
  }
}
