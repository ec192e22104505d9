// The life of a task on the fake's clock, computed here as the fake computes it, so that it moves without asking.

import { html } from "../parts/draw.js";
import { distance, span, time } from "../parts/format.js";
import { now } from "../parts/live.js";

const FINAL = ["succeed", "failed"];
const MARGIN = 100;

/** The state that a task is in at a moment. */
export function statusOf({ timeline }, at = now()) {
  return timeline.findLast((step, index) => index === 0 || step.at <= at).status;
}

/** Whether a task has gone on since we were told of it, long enough ago for the fake to be there, too. */
export function hasMoved(task) {
  return statusOf(task, now() - MARGIN) !== task.status && statusOf(task) !== task.status;
}

/** The state of a task in a word. */
export function Pill({ task }) {
  const status = statusOf(task);
  return html`<span class="pill" data-status=${status}>${status}</span>`;
}

/** The timeline as a bar: how much of the plan is over, with a mark at each change. */
export function Bar({ task, isLabelled = false }) {
  const share = progress(task, now());
  const role = isLabelled
    ? { role: "progressbar", "aria-label": "Timeline", "aria-valuenow": Math.round(share * 100) }
    : { "aria-hidden": "true" };
  return html`
    <span class="bar" data-status=${statusOf(task)} ...${role}>
      <span class="done" style=${{ transform: `scaleX(${share.toFixed(4)})` }}></span>
      ${marks(task)}
    </span>
  `;
}

/** What comes next, and in how long; nothing of a task that has come to its end. */
export function Next({ task }) {
  const next = task.timeline.find(({ at }) => at > now());
  return next ? html`<span class="quiet">${next.status} ${distance(next.at, now())}</span>` : null;
}

/** The steps of a timeline, each with its moment and how far away that is. */
export function Steps({ task }) {
  return html`
    <ol class="steps">
      ${task.timeline.map(
        ({ at, status }) => html`
          <li key=${at} class=${at > now() ? "ahead" : ""}>
            <span class="pill" data-status=${status}>${status}</span>
            <span>
              ${time(at)} <span class="quiet">
                ${at > task.created_at && `+${span(at - task.created_at)}, `}${distance(at, now())}
              </span>
            </span>
          </li>
        `,
      )}
    </ol>
  `;
}

function end(task) {
  return task.timeline[task.timeline.length - 1];
}

function progress(task, at) {
  const last = end(task);
  // Without an end in sight nobody knows how much is done.
  if (!FINAL.includes(last.status)) return statusOf(task, at) === "processing" ? 0.5 : 0;
  if (at >= last.at) return 1;
  return Math.max(0, (at - task.created_at) / (last.at - task.created_at));
}

function marks(task) {
  const whole = end(task).at - task.created_at;
  return task.timeline
    .slice(1, -1)
    .map(({ at }) => html`<span class="mark" style=${{ left: `${(100 * (at - task.created_at)) / whole}%` }}></span>`);
}
