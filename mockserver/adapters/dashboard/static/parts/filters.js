// Filters: a form whose values are in the address, so that a link shows the same list.

import { address, go, link } from "./address.js";
import { html, isNarrow } from "./draw.js";

const TYPING = 250;

/**
 * The filters of one view. `fields` have a `name`, a `label`, and perhaps a `hint`, a `pattern`, a `list` of
 * suggestions, or `options`, of which one is the `usual`.
 */
export class Filters {
  constructor(view, fields) {
    this.view = view;
    this.fields = fields;
    this.values = {};
    this.isNew = true;
    this.typing = 0;
  }

  /** Whether any is set. */
  get areAny() {
    return Object.values(this.values).some((value) => value !== "");
  }

  /** What one is set to, or usually. */
  valueOf({ name, usual }) {
    return this.values[name] || (usual?.() ?? "");
  }

  /** Take those of the address; return whether they are others than before. */
  arrive() {
    clearTimeout(this.typing);
    const { filters } = address();
    const known = this.fields.map(({ name }) => [name, filters[name] ?? ""]);
    const before = JSON.stringify(this.taken);
    this.taken = Object.fromEntries(known);
    this.values = { ...this.taken };
    return JSON.stringify(this.taken) !== before;
  }

  #input(event) {
    const form = event.currentTarget;
    this.values = Object.fromEntries(new FormData(form));
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      if (!form.checkValidity()) return;
      // One step in the history for all that is typed into a field.
      const instead = !this.isNew;
      this.isNew = false;
      go(link(this.view, address().key, this.values), { instead });
    }, TYPING);
  }

  draw(title) {
    return html`
      <form
        class="filters"
        role="search"
        aria-label=${title}
        onSubmit=${(event) => event.preventDefault()}
        onFocusIn=${() => (this.isNew = true)}
        onInput=${(event) => this.#input(event)}
      >
        ${this.#drawn()}
      </form>
    `;
  }

  #drawn() {
    const [search, ...others] = this.fields.map((field) => this.#field(field));
    if (!isNarrow()) return [search, others];
    const set = this.fields.filter(({ name }) => name !== "search" && this.values[name]).length;
    return html`
      ${search}
      <details class="others">
        <summary>Filters${set > 0 && ` (${set})`}</summary>
        <div>${others}</div>
      </details>
    `;
  }

  #field(field) {
    const { name, label, options, list, pattern, hint = label } = field;
    const value = this.valueOf(field);
    if (options) {
      return html`
        <select name=${name} aria-label=${label} value=${value}>
          ${options().map(([id, text, title]) => html`<option key=${id} value=${id} title=${title}>${text}</option>`)}
        </select>
      `;
    }
    const type = name === "search" ? "search" : "text";
    const id = list && `${this.view}-${name}`;
    return html`
      <input
        type=${type}
        name=${name}
        value=${value}
        aria-label=${label}
        placeholder=${hint}
        pattern=${pattern}
        list=${id}
        autocomplete="off"
      />
      ${list && html`<datalist id=${id}>${list().map((each) => html`<option value=${each} />`)}</datalist>`}
    `;
  }
}
