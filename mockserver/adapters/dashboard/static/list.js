// One page of a list that may be long: its filters, its rows, and the ways through it.

import { ask, query } from "./api.js";
import { fill, keep, make, write } from "./dom.js";
import { count } from "./format.js";
import { state } from "./live.js";
import { complain } from "./notice.js";
import { paced } from "./pace.js";

const PAGE = 50;
const TYPING = 250;

/** The newest things of a kind, live; older ones page by page, where nothing moves under the reader's eyes. */
export class List {
  /**
   * `kind` has a `name`, which is also the id of its section and its path in the API, a `key` from an item to the end
   * of its address, a `row` from an item to what is in its row, and `none`, which is said where there is nothing.
   */
  constructor(kind) {
    this.kind = kind;
    this.section = document.getElementById(kind.name);
    this.form = this.section.querySelector("form.filters");
    this.rows = this.section.querySelector(".rows");
    this.offset = 0;
    this.next = null;
    this.opened = null;
    this.isAsked = false;
    this.soon = paced(() => this.#load(), complain);
    this.#makeFooter();
    this.#listen();
  }

  /** Whether new things are shown as they come. */
  get isLive() {
    return this.offset === 0 && this.live.getAttribute("aria-pressed") === "true";
  }

  /** Look again, as a person has asked for it. */
  refresh() {
    this.isAsked = true;
    this.soon();
  }

  /** Something has changed. */
  changed() {
    if (!this.section.hidden && !document.hidden && this.isLive) this.soon();
  }

  /** Look at what has these values for its filters. */
  search(values) {
    this.form.reset();
    for (const [name, value] of Object.entries(values)) this.form.elements[name].value = value;
    this.#first();
  }

  /** Mark the row of what is open beside the list. */
  mark(key) {
    this.opened = key;
    for (const link of this.#links()) {
      if (link.dataset.key === key) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  /** Put the focus on the row of a thing, or on the first. */
  focus(key) {
    const links = this.#links();
    (links.find((link) => link.dataset.key === key) ?? links[0] ?? this.form.elements[0]).focus();
  }

  async #load() {
    const { isAsked } = this;
    this.isAsked = false;
    if (!(isAsked || this.isLive) || !this.form.checkValidity()) return;
    const filters = Object.fromEntries(new FormData(this.form));
    const page = await ask("GET", this.kind.name + query({ ...filters, limit: PAGE, offset: this.offset || "" }));
    if (!(isAsked || this.isLive)) return;
    this.next = page.next;
    keep(this.rows, page.items, this.kind.key, (item) => this.#row(item));
    this.mark(this.opened);
    this.#rove();
    const isFiltered = Object.values(filters).some((value) => value !== "");
    this.#say(page.items.length, isFiltered);
    this.kind.loaded?.(page.items);
  }

  #row(item) {
    const key = this.kind.key(item);
    const href = `#${this.kind.name}/${key}`;
    return make(
      "li",
      {},
      make("a", { href, class: "row", name: "row", "data-key": key, tabindex: -1 }, this.kind.row(item)),
    );
  }

  #say(length, isFiltered) {
    const total = state()?.[this.kind.name]?.total;
    const of = isFiltered || total === undefined ? "" : ` of ${count(total)}`;
    const range = length ? `${count(this.offset + 1)}–${count(this.offset + length)}${of}` : "";
    write(this.range, range);
    this.none.hidden = length > 0;
    write(this.none, isFiltered ? "Nothing matches." : this.kind.none);
    this.newer.disabled = this.offset === 0;
    this.older.disabled = this.next === null;
  }

  #makeFooter() {
    this.none = make("p", { class: "none", hidden: true });
    this.range = make("span", { class: "range" });
    const toggle = () => {
      const isOn = this.live.getAttribute("aria-pressed") !== "true";
      this.live.setAttribute("aria-pressed", isOn);
      if (isOn) this.#first();
    };
    this.live = make("button", { type: "button", class: "toggle", "aria-pressed": "true", click: toggle }, "Live");
    this.newer = make("button", { type: "button", disabled: true, click: () => this.#turn(-PAGE) }, "Newer");
    this.older = make("button", { type: "button", disabled: true, click: () => this.#turn(PAGE) }, "Older");
    this.rows.after(this.none);
    fill(this.section.querySelector("footer"), this.live, this.range, this.newer, this.older);
  }

  #listen() {
    let typing = 0;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.#first(), TYPING);
    });
    this.rows.addEventListener("keydown", (event) => this.#move(event));
    this.rows.addEventListener("focusin", () => this.#rove());
  }

  #first() {
    this.offset = 0;
    this.refresh();
  }

  #turn(by) {
    this.offset = Math.max(0, this.offset + by);
    this.rows.parentElement.scrollTop = 0;
    this.refresh();
  }

  #links() {
    return [...this.rows.querySelectorAll("a.row")];
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

  // One stop for Tab in the whole list: the row that had the focus last. The arrows go on from there.
  #rove() {
    const links = this.#links();
    const focused = links.find((link) => link === document.activeElement);
    const stop = focused ?? links.find((link) => link.tabIndex === 0) ?? links[0];
    for (const link of links) link.tabIndex = link === stop ? 0 : -1;
  }
}
