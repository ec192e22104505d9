// Pictures, films and sounds of finished tasks. They come from our own origin whatever name the client used for it, and
// by a path on which no fault strikes: looking must not use up what was meant for the client.

import { Component } from "../vendor/preact.js";
import { html } from "./draw.js";

const LINGER = 600;
const PICTURE = /\.(?:png|jpg)$/;
const SOUND = /\.(?:mp3|wav)$/;

const waiting = new WeakMap();

// A result is made when it is first asked for, so what only rushes past asks for none.
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(waiting.get(target));
    if (isIntersecting) waiting.set(target, setTimeout(load, LINGER, target));
  }
});

/** The first result of a task, small: a picture, or a sign that it is none. */
export class Thumbnail extends Component {
  render({ task: { media, results } }, { isGone }) {
    const [first] = results;
    if (isGone) return html`<span class="thumb gone" aria-hidden="true"></span>`;
    if (first === undefined || !PICTURE.test(first)) {
      return html`<span class=${`thumb ${media} ${first ? "made" : ""}`} aria-hidden="true"></span>`;
    }
    const fail = () => this.setState({ isGone: true });
    return html`
      <img class="thumb" alt="" loading="lazy" decoding="async" data-src=${ours(first)} ref=${watch} onError=${fail} />
    `;
  }
}

/** One result of a task, large: a picture, or a film or a sound with its controls; a lazy one comes when it is seen. */
export class Player extends Component {
  render({ url, name, isLazy = false }, { isGone }) {
    const from = isLazy ? { "data-src": ours(url), ref: watch } : { src: ours(url) };
    const how = { ...from, onError: () => this.setState({ isGone: true }) };
    const film = { ...how, controls: true, preload: "metadata", "aria-label": name };
    if (isGone) return html`<p class="quiet">This result has expired.</p>`;
    if (PICTURE.test(url)) return html`<img ...${how} alt=${name} loading="lazy" decoding="async" />`;
    return SOUND.test(url) ? html`<audio ...${film}></audio>` : html`<video ...${film} playsinline></video>`;
  }
}

function watch(media) {
  if (media) seen.observe(media);
}

function load(media) {
  seen.unobserve(media);
  if (media.isConnected) media.src = media.dataset.src;
}

function ours(url) {
  return url.slice(url.lastIndexOf("/results/") + 1);
}
