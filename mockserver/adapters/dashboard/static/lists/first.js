// What is drawn where there is nothing yet: the first step, ready to be taken.

import { link } from "../parts/address.js";
import { firstCreate, firstLine } from "../parts/contract.js";
import { Copied } from "../parts/copies.js";
import { html } from "../parts/draw.js";

/** A word on what is missing, a line for a shell that changes that, and the way to compose one here. */
export function FirstStep({ children }) {
  const line = firstLine();
  const operation = firstCreate()?.id;
  return html`
    <p>${children}</p>
    ${line && html`<p class="quiet">For instance:</p><${Copied} text=${line} name="curl" />`}
    ${operation && html`<p><a href=${link("compose", "", { operation })}>Compose a request here</a></p>`}
  `;
}
