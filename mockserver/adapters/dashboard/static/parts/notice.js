// What is said to the person in front of the page: short notices, and one question.

import { html, redraw } from "./draw.js";

const STAYS = 6000;
const MOST = 3;

let notices = [];
let question = null;

/** Say something; the screen reader says it, too. */
export function say(text, kind = "done") {
  if (notices.some((other) => other.text === text)) return;
  const notice = { text, kind };
  const others = notices.filter((other) => other.kind !== kind);
  notices = [...others, ...notices.filter((other) => other.kind === kind).slice(1 - MOST), notice];
  setTimeout(withdraw, STAYS, notice);
  redraw();
}

function withdraw(notice) {
  notices = notices.filter((other) => other !== notice);
  redraw();
}

/** Say why something was not done. */
export function complain(error) {
  say(explained(error), "wrong");
}

/** Why something was not done. */
export function explained(error) {
  return error instanceof TypeError ? "The fake does not answer." : error.message;
}

/** Do what a button is for, once at a time, say what became of it, and let the page look ("acted"). */
export async function act(event, work, done, wrong = complain) {
  event.preventDefault();
  // The focus stays: a button that is disabled would lose it.
  const button = event.submitter ?? event.currentTarget;
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
    if (done) say(done);
    document.dispatchEvent(new Event("acted"));
  } catch (error) {
    wrong(error);
  } finally {
    button.removeAttribute("aria-busy");
    redraw();
  }
}

/** Ask before something is lost; resolves to whether the answer was yes. */
export function confirmed(text, yes) {
  return new Promise((answer) => {
    question = { text, yes, answer };
    redraw();
  });
}

function answered(event) {
  question.answer(event.currentTarget.returnValue === "yes");
  question = null;
}

function opened(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

export function Notices() {
  const of = (kind) =>
    notices
      .filter((notice) => notice.kind === kind)
      .map(
        (notice) => html`
          <p key=${notice.text} class=${`notice ${kind}`}>
            <span>${notice.text}</span>
            <button type="button" aria-label="Close this notice" onClick=${() => withdraw(notice)}>×</button>
          </p>
        `,
      );
  return html`
    <div id="notices" role="status">${of("done")}</div>
    <div id="alerts" role="alert">${of("wrong")}</div>
    ${
      question &&
      html`
        <dialog id="question" aria-labelledby="question-text" ref=${opened} onClose=${answered}>
          <form method="dialog">
            <p id="question-text">${question.text}</p>
            <div class="group">
              <button value="no" autofocus>Cancel</button>
              <button value="yes" class="danger">${question.yes}</button>
            </div>
          </form>
        </dialog>
      `
    }
  `;
}
