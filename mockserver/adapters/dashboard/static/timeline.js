// The life of a task on the fake's clock, computed here as the fake computes it, so that it moves without asking.

import { make, write } from "./dom.js";
import { distance, span, time } from "./format.js";
import { now } from "./live.js";
import { animate } from "./pace.js";

const FINAL = ["succeed", "failed"];
const MARGIN = 100;

/** The state that a task is in at a moment, and since when. */
export function stateOf(task, at) {
  const past = task.timeline.filter((step, index) => index === 0 || step.at <= at);
  return past[past.length - 1];
}

function isFinal(status) {
  return FINAL.includes(status);
}

/**
 * The state of a task in a word, as it is now; `changed` is called soon after it has become another, when the fake,
 * too, is sure to be there: only it knows the results.
 */
export function pill(task, changed = () => {}) {
  const element = make("span", { class: "pill" });
  let last = task.status;
  animate(element, () => {
    const { status } = stateOf(task, now());
    if (element.dataset.status !== status) element.dataset.status = status;
    write(element, status);
    if (status !== last) {
      last = status;
      setTimeout(changed, MARGIN);
    }
  });
  return element;
}

/** The timeline as a bar: how much of the plan is over, with a mark at each change. */
export function bar(task, isLabelled = false) {
  const role = isLabelled
    ? { role: "progressbar", "aria-label": "Timeline", "aria-valuemin": 0, "aria-valuemax": 100 }
    : {};
  const done = make("span", { class: "done" });
  const element = make("span", { class: "bar", "aria-hidden": isLabelled ? null : "true", ...role }, done, marks(task));
  animate(element, () => {
    const share = progress(task, now());
    // The style's own object: a policy that forbids style attributes allows it.
    done.style.transform = `scaleX(${share.toFixed(4)})`;
    const { status } = stateOf(task, now());
    if (element.dataset.status !== status) element.dataset.status = status;
    if (isLabelled) element.setAttribute("aria-valuenow", Math.round(share * 100));
  });
  return element;
}

/** The steps of a timeline, each with its moment and how far away that is. */
export function steps(task) {
  return make(
    "ol",
    { class: "steps" },
    task.timeline.map((step) => {
      const away = make("span", { class: "quiet" });
      const item = make(
        "li",
        {},
        make("span", { class: "pill", "data-status": step.status }, step.status),
        make("span", {}, time(step.at), " ", away),
      );
      animate(item, () => {
        const after = step.at > task.created_at ? `+${span(step.at - task.created_at)}, ` : "";
        write(away, after + distance(step.at, now()));
        item.classList.toggle("ahead", step.at > now());
      });
      return item;
    }),
  );
}

/** How long ago a task was created. */
export function age(task) {
  const element = make("span", { class: "age quiet" });
  animate(element, () => write(element, distance(task.created_at, now())));
  return element;
}

function end(task) {
  return task.timeline[task.timeline.length - 1];
}

function progress(task, at) {
  const last = end(task);
  // Without an end in sight nobody knows how much is done.
  if (!isFinal(last.status)) return stateOf(task, at).status === "processing" ? 0.5 : 0;
  if (at >= last.at) return 1;
  return Math.max(0, (at - task.created_at) / (last.at - task.created_at));
}

function marks(task) {
  const whole = end(task).at - task.created_at;
  return task.timeline.slice(1, -1).map((step) => {
    const mark = make("span", { class: "mark" });
    mark.style.left = `${(100 * (step.at - task.created_at)) / whole}%`;
    return mark;
  });
}
