// What is said to the person in front of the page: short notices, and one question.

import { make, write } from "./dom.js";

const STAYS = 6000;

/** Say something; the screen reader says it, too. */
export function say(text, kind = "done") {
  const box = document.getElementById(kind === "wrong" ? "alerts" : "notices");
  if ([...box.children].some((other) => other.firstChild.textContent === text)) return;
  const close = make(
    "button",
    { type: "button", "aria-label": "Close this notice", click: () => notice.remove() },
    "×",
  );
  const notice = make("p", { class: `notice ${kind}` }, make("span", {}, text), close);
  box.append(notice);
  while (box.children.length > 3) box.firstElementChild.remove();
  setTimeout(() => notice.remove(), STAYS);
}

/** Say why something was not done. */
export function complain(error) {
  say(error instanceof TypeError ? "The fake does not answer." : error.message, "wrong");
}

/** Do what a button is for, once at a time, say what became of it, and let the page look ("acted"). */
export async function act(button, work, done) {
  // The focus stays: a button that is disabled would lose it.
  if (button?.getAttribute("aria-busy")) return;
  button?.setAttribute("aria-busy", "true");
  try {
    await work();
    if (done) say(done);
    document.dispatchEvent(new Event("acted"));
  } catch (error) {
    complain(error);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** Ask before something is lost; resolves to whether the answer was yes. */
export function confirmed(question, yes) {
  const dialog = document.getElementById("question");
  write(dialog.querySelector("p"), question);
  write(dialog.querySelector("[value=yes]"), yes);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}
