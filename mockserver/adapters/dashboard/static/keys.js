// The keys of this page, in a dialog.

import { html, redraw } from "./parts/draw.js";

const KEYS = [
  [["/"], "Go to the search of the view"],
  [["↑", "↓", "Page Up", "Page Down", "Home", "End"], "Go from row to row of a list; Tab leaves it"],
  [["Enter"], "Open the row in full, beside the list or over it"],
  [["Esc"], "Close what is open, and go back to its row"],
  [["Ctrl+Enter"], "Send the request that is composed"],
  [["?"], "Show these keys"],
];

let isShown = false;

/** Show the keys. */
export function showKeys() {
  isShown = true;
  redraw();
}

function opened(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

export function Keys() {
  if (!isShown) return null;
  return html`
    <dialog id="keys" aria-labelledby="keys-title" ref=${opened} onClose=${() => (isShown = false)}>
      <h2 id="keys-title">Keys</h2>
      <dl class="facts">
        ${KEYS.map(([keys, does]) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${does}</dd>`)}
      </dl>
      <form method="dialog"><button autofocus>Close</button></form>
    </dialog>
  `;
}
