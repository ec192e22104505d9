// The payload as a form: a field for each that the schema of the operation knows, with what is wrong beside it.

import { exact } from "../parts/api.js";
import { html } from "../parts/draw.js";

const LONG_LETTERS = 200;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const WORDS = new Set(["true", "false", "null"]);

// What is typed into a field and says nothing yet, such as half a list.
const drafts = new Map();

/** Forget what was typed and did not yet say anything. */
export function forgetDrafts() {
  drafts.clear();
}

/** Write a payload as people read it. */
export function asText(payload) {
  return JSON.stringify(payload, null, 2);
}

/** The fields of a payload. `change` gets another payload when a person has written one. */
export function Fields({ operation, payload, violations, change }) {
  const { properties = {}, required = [] } = operation.schema;
  const names = [...new Set([...Object.keys(properties), ...Object.keys(payload)])];
  const put = (name, value) => {
    const next = { ...payload };
    if (value === undefined) delete next[name];
    else next[name] = value;
    change(next);
  };
  return html`
    <div class="fields">
      ${names.map((name) => {
        const own = violations.filter(({ pointer }) => nameIn(pointer) === name);
        const field = {
          name,
          schema: properties[name] ?? {},
          value: payload[name],
          isRequired: required.includes(name),
        };
        return html`
          <div key=${name} class="field" data-wrong=${own.length > 0 ? own[0].level : null}>
            <label for=${`field-${name}`}>
              <code>${name}</code>${field.isRequired && html` <span class="quiet">required</span>`}
            </label>
            <${Control} ...${field} put=${(value) => put(name, value)} isWrong=${own.length > 0} />
            <p class="quiet" id=${`about-${name}`}>${field.schema.description}</p>
            <${Broken} id=${`wrong-${name}`} violations=${own} />
          </div>
        `;
      })}
    </div>
  `;
}

function nameIn(pointer) {
  return pointer.split("/")[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Rules that are broken, each in a line with the way to its page. */
export function Broken({ violations, id }) {
  return html`
    <div class="broken" id=${id} role="status">
      ${violations.map(
        ({ rule, level, fact, pointer, page }) => html`
          <p key=${rule + pointer} data-level=${level}>
            <span class="pill" data-level=${level}>${level}</span>
            <span>${pointer.split("/").length > 2 && html`<code>${pointer}</code> `}${fact}</span>
            <a href=${page}><code>${rule}</code></a>
          </p>
        `,
      )}
    </div>
  `;
}

function Control({ name, schema, value, put, isWrong }) {
  const kinds = [schema.type ?? []].flat();
  const about = isWrong ? `wrong-${name} about-${name}` : `about-${name}`;
  const marks = { id: `field-${name}`, name, "aria-describedby": about, "aria-invalid": isWrong ? "true" : null };
  const hint = "default" in schema ? `usually ${spelled(schema.default)}` : "not sent";
  if (schema.enum) return html`<${Choice} of=${schema.enum} ...${{ value, put, marks, hint }} />`;
  if (kinds.includes("boolean")) return html`<${Choice} of=${[true, false]} ...${{ value, put, marks, hint }} />`;
  // By the schema alone, so that a field stays the same while it is typed into.
  const isNumber = kinds.includes("integer") || kinds.includes("number");
  const isText = kinds.includes("string") || isNumber;
  const isLong = !isText || (name.includes("prompt") && !(schema.maxLength < LONG_LETTERS));
  const typed = (event) => {
    const text = event.currentTarget.value;
    drafts.set(name, text);
    const said = read(text, kinds, isNumber);
    if (said !== PARTIAL) put(said);
  };
  const shown = drafts.get(name) ?? written(value, isLong);
  const how = { ...marks, value: shown, placeholder: hint, onInput: typed, onBlur: () => drafts.delete(name) };
  return isLong
    ? html`<textarea ...${how} class=${isText ? "" : "code"} rows=${rows(shown)} spellcheck=${isText}></textarea>`
    : html`<input ...${how} autocomplete="off" inputmode=${isNumber ? "decimal" : null} />`;
}

function written(value, isLong) {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  return isLong ? asText(value) : JSON.stringify(value);
}

// A value as people write it, where nobody can take a text for a number.
function spelled(value) {
  return typeof value === "string" && /^[a-z][^ ]*$/i.test(value) && !WORDS.has(value) ? value : JSON.stringify(value);
}

const PARTIAL = Symbol("what says nothing yet");

// What a person means by a text: nothing, a number where one may be, JSON where a list or an object is, or the text.
function read(text, kinds, isNumber) {
  if (text === "") return undefined;
  if (isNumber && NUMBER.test(text)) return JSON.parse(text, exact);
  if (kinds.includes("string") || isNumber) return text;
  try {
    return JSON.parse(text, exact);
  } catch {
    return kinds.length ? PARTIAL : text;
  }
}

function rows(text) {
  return Math.min(12, Math.max(2, text.split("\n").length));
}

function Choice({ of, value, put, marks, hint }) {
  const values = of.map((each) => JSON.stringify(each));
  const chosen = value === undefined ? "" : JSON.stringify(value);
  const others = chosen === "" || values.includes(chosen) ? [] : [chosen];
  const choose = (event) => {
    const text = event.currentTarget.value;
    put(text === "" ? undefined : JSON.parse(text));
  };
  return html`
    <select ...${marks} value=${chosen} onChange=${choose}>
      <option value="">${hint}</option>
      ${[...values, ...others].map((each) => {
        return html`<option key=${each} value=${each}>${spelled(JSON.parse(each))}</option>`;
      })}
    </select>
  `;
}
