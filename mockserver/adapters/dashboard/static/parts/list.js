// One page of a list that may be long: its filters, its rows or cards, and the ways through it.

import { address, link } from "./address.js";
import { address as addressOf, ask, query } from "./api.js";
import { afterwardsDo, html, redraw } from "./draw.js";
import { Filters } from "./filters.js";
import { count } from "./format.js";
import { state } from "./live.js";
import { complain } from "./notice.js";
import { paced } from "./pace.js";

const PAGE = 50;

/** The newest things of a kind, live; older ones page by page, where nothing moves under the reader's eyes. */
export class List {
  /**
   * `kind` has a `name`, which is also its path in the API, or a `path` of its own; a `title`; `fields` to filter by,
   * and what is `always` asked for; `none`, what is drawn where there is nothing; and `whole`, how one is shown in
   * full. Of an item it knows the `key`, the end of its address, and either its `card` or the cells of its row, by
   * `columns` with a `name`, a `head` and a `cell`. `archive` is where all of them can be had as a file, if they can.
   */
  constructor(kind) {
    this.kind = kind;
    this.name = kind.name;
    this.title = kind.title;
    this.whole = kind.whole;
    this.topic = kind.path ?? kind.name;
    this.filters = new Filters(kind.name, kind.fields);
    this.items = null;
    this.offset = 0;
    this.next = null;
    this.stop = null;
    this.isFollowing = true;
    this.isAsked = false;
    this.soon = paced(() => this.#load(), complain);
  }

  /** Whether new things are shown as they come. */
  get isLive() {
    return this.offset === 0 && this.isFollowing;
  }

  /** We have come to an address of this list. */
  arrive(isOther) {
    if (this.filters.arrive()) this.#turnTo(0);
    else if (isOther) this.refresh();
  }

  /** Look again, as a person has asked for it. */
  refresh() {
    this.isAsked = true;
    this.soon();
  }

  /** Something has changed. */
  changed() {
    if (address().view === this.name && !document.hidden && this.isLive) this.soon();
  }

  /** Put the focus on the row of a thing, or on the first, once it is there. */
  focus(key) {
    afterwardsDo(() => {
      const links = this.#links();
      (links.find((link) => link.dataset.key === key) ?? links[0] ?? document.querySelector(".filters input")).focus();
    });
  }

  async #load() {
    const { isAsked } = this;
    this.isAsked = false;
    if (!(isAsked || this.isLive)) return;
    const { taken } = this.filters;
    const wanted = { ...this.kind.always, ...taken, limit: PAGE, offset: this.offset || "" };
    const page = await ask("GET", this.topic + query(wanted));
    if (!(isAsked || this.isLive) || taken !== this.filters.taken) return;
    this.items = page.items;
    this.next = page.next;
    redraw();
  }

  draw() {
    const { kind, items } = this;
    const isEmpty = items?.length === 0;
    return html`
      ${this.filters.draw(kind.title)}
      <div class="scroll">
        ${isEmpty ? this.#nothing() : kind.card ? this.#cards() : this.#rows()}
      </div>
      ${this.#footer()}
    `;
  }

  #nothing() {
    return html`<div class="none">${this.filters.areAny ? html`<p>Nothing matches.</p>` : this.kind.none()}</div>`;
  }

  #cards() {
    return html`<ul class="gallery">${(this.items ?? []).flatMap(this.kind.card)}</ul>`;
  }

  #rows() {
    const heads = this.kind.columns.map(({ name, head }) => html`<span class=${name}>${head}</span>`);
    return html`
      <div class="table">
        <p class="heads" aria-hidden="true">${heads}</p>
        <ul class="rows" onKeyDown=${(event) => this.#move(event)} onFocusIn=${(event) => this.#rove(event)}>
          ${this.#items()}
        </ul>
      </div>
    `;
  }

  #items() {
    const { kind, items } = this;
    const { key: opened, filters } = address();
    const keys = (items ?? []).map(kind.key);
    // One stop for Tab in the whole list: the row that had the focus last. The arrows go on from there.
    const stop = keys.includes(this.stop) ? this.stop : keys[0];
    return keys.map((key, index) => {
      const mark = { "aria-current": key === opened ? "true" : null, tabIndex: key === stop ? 0 : -1 };
      return html`
        <li key=${key}>
          <a class="row" name="row" href=${link(kind.name, key, filters)} data-key=${key} ...${mark}>
            ${kind.columns.map(({ name, cell }) => html`<span class=${name}>${cell(items[index])}</span>`)}
          </a>
        </li>
      `;
    });
  }

  #footer() {
    const total = this.kind.always ? undefined : state()?.[this.topic]?.total;
    const of = this.filters.areAny || total === undefined ? "" : ` of ${count(total)}`;
    const length = this.items?.length ?? 0;
    const range = length > 0 && `${count(this.offset + 1)}–${count(this.offset + length)}${of}`;
    const follow = () => {
      this.isFollowing = !this.isFollowing;
      if (this.isFollowing) this.#turnTo(0);
    };
    const turn = (by) => () => this.#turnTo(Math.max(0, this.offset + by));
    return html`
      <footer>
        <button type="button" class="toggle" aria-pressed=${this.isFollowing} onClick=${follow}>Live</button>
        <span class="range">${range}</span>
        ${this.kind.archive
          && html`<a href=${addressOf(this.kind.archive, this.filters.taken)} download>Save as HAR</a>`}
        <button type="button" disabled=${this.offset === 0} onClick=${turn(-PAGE)}>Newer</button>
        <button type="button" disabled=${this.next === null} onClick=${turn(PAGE)}>Older</button>
      </footer>
    `;
  }

  #turnTo(offset) {
    this.offset = offset;
    document.querySelector("main > section > .scroll")?.scrollTo(0, 0);
    this.refresh();
  }

  #links() {
    return [...document.querySelectorAll(".rows a.row")];
  }

  #move(event) {
    const links = this.#links();
    const here = links.indexOf(document.activeElement);
    const last = links.length - 1;
    const there = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + 10,
      PageUp: here - 10,
      Home: 0,
      End: last,
    };
    if (here < 0 || !(event.key in there) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[Math.min(Math.max(there[event.key], 0), last)].focus();
  }

  #rove(event) {
    this.stop = event.target.closest("a.row")?.dataset.key ?? this.stop;
  }
}
