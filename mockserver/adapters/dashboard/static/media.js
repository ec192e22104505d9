// Pictures, films and sounds of finished tasks. They come from our own origin whatever name the client used for it, and
// by a path on which no fault strikes: looking must not use up what was meant for the client.

import { make } from "./dom.js";

const LINGER = 600;
const PICTURE = /\.(?:png|jpg)$/;
const SOUND = /\.(?:mp3|wav)$/;

const waiting = new WeakMap();

// A picture is made when it is first asked for, so rows that only rush past ask for none.
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    clearTimeout(waiting.get(target));
    if (isIntersecting) waiting.set(target, setTimeout(load, LINGER, target));
  }
});

/** The first result of a task, small: a picture, or a sign that it is none. */
export function thumbnail(task) {
  const [first] = task.results;
  if (first === undefined || !PICTURE.test(first)) {
    return make("span", { class: `thumb ${task.media} ${first ? "made" : ""}`, "aria-hidden": "true" });
  }
  const image = make("img", { class: "thumb", alt: "", loading: "lazy", decoding: "async", "data-src": ours(first) });
  image.addEventListener("error", () =>
    image.replaceWith(make("span", { class: "thumb gone", "aria-hidden": "true" })),
  );
  seen.observe(image);
  return image;
}

/** One result of a task, large: a picture, or a film or a sound with its controls. */
export function player(url, index, of) {
  const name = `Result ${index + 1} of ${of}`;
  const player = { src: ours(url), controls: true, preload: "metadata", "aria-label": name };
  const media = PICTURE.test(url)
    ? make("img", { src: ours(url), alt: name, loading: "lazy", decoding: "async" })
    : SOUND.test(url)
      ? make("audio", player)
      : make("video", { ...player, playsinline: true });
  media.addEventListener("error", () => media.replaceWith(make("p", { class: "quiet" }, "This result has expired.")));
  const isLink = /^https?:/.test(url);
  const link =
    isLink && make("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, "Open the URL of the client");
  return make("figure", {}, media, make("figcaption", {}, make("code", {}, url), link));
}

function load(image) {
  seen.unobserve(image);
  if (image.isConnected) image.src = image.dataset.src;
}

function ours(url) {
  return url.slice(url.lastIndexOf("/results/") + 1);
}
