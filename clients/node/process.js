// The process of a fake. It stops when its standard input ends, and that ends with this process, however it ends.

import { spawn } from "node:child_process";

const START_MS = 60_000; // it takes half a second; a machine that is busy has a hundred times as long
const STOP_MS = 10_000; // after so long it is killed
const KEPT_LETTERS = 65_536; // of what it writes: more than any traceback
const READY = /^mockserver ready on (\S+)\r?\n/;

// Taken now: a test may replace the timers.
const { setTimeout, clearTimeout } = globalThis;

export class NotStarted extends Error {
  name = "NotStarted";
}

// Start the command with the options of `mockserver serve`, or the first one that is there.
export async function launch(command, options) {
  const tried = [];
  for (const words of commands(command)) {
    const started = new Process(words, options);
    if (await started.isReady()) return started;
    tried.push(words.join(" "));
  }
  throw new NotStarted(
    `There is no ${tried.join(", and no ")}. Install mockserver (pip install PATH-OF-ITS-CLONE), ` +
      "or name the program in the environment variable MOCKSERVER.",
  );
}

function commands(command) {
  if (command !== undefined) return [command];
  if (process.env.MOCKSERVER) return [[process.env.MOCKSERVER]];
  return [["mockserver"], ["python3", "-m", "mockserver"], ["python", "-m", "mockserver"]];
}

// { pace: "instant", fault: ["1303 x2"], reading: { question: "answer" }, strict: true } as words of a command line.
function* wordsOf(options) {
  for (const [name, value] of Object.entries(options)) {
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (typeof value === "boolean") yield value ? `--${option}` : `--no-${option}`;
    else for (const text of texts(value)) yield `--${option}=${text}`;
  }
}

function* texts(value) {
  if (Array.isArray(value)) for (const each of value) yield* texts(each);
  else if (typeof value === "object" && value !== null)
    for (const [name, each] of Object.entries(value)) for (const text of texts(each)) yield `${name}=${text}`;
  else if (value !== undefined && value !== null) yield String(value);
}

class Process {
  #child;
  #words;
  #said = "";
  #complaints = "";
  #ended; // a promise of how it ended
  #end; // and how, once it has

  constructor(words, { port = 0, ...options }) {
    const fixed = ["--host=127.0.0.1", `--port=${port}`, "--workers=1", "--log=off", "--stop-at-eof"];
    this.#words = words;
    this.token = options.controlToken ?? process.env.MOCKSERVER_CONTROL_TOKEN;
    this.#child = spawn(words[0], [...words.slice(1), "serve", ...wordsOf(options), ...fixed], { windowsHide: true });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#complaints = (this.#complaints + text).slice(-KEPT_LETTERS);
    });
    this.#child.stdin.on("error", () => {}); // it has ended
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve({ error }));
      this.#child.on("close", (code, signal) => resolve({ code, signal }));
    }).then((end) => (this.#end = end));
  }

  get pid() {
    return this.#child.pid;
  }

  // Wait until it answers. False if there is no such program.
  async isReady() {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, START_MS, "late")));
    const outcome = await Promise.race([this.#firstLine(), this.#ended, late]);
    clearTimeout(timer);
    if (READY.test(this.#said)) {
      this.url = this.#said.match(READY)[1];
      this.#letGo();
      return true;
    }
    if (outcome.error?.code === "ENOENT" || /No module named '?mockserver/.test(this.#complaints)) return false;
    this.#child.kill("SIGKILL");
    throw new NotStarted(`${this.#words.join(" ")} did not start${outcome === "late" ? " in time" : ""}. ${this.fate()}`);
  }

  #firstLine() {
    return new Promise((resolve) => {
      this.#child.stdout.setEncoding("utf8").on("data", (text) => {
        if (!this.#said.includes("\n")) this.#said = (this.#said + text).slice(0, KEPT_LETTERS);
        if (this.#said.includes("\n") || this.#said.length === KEPT_LETTERS) resolve("said");
      });
    });
  }

  // Whoever forgets to stop it is not kept from ending.
  #letGo() {
    for (const each of [this.#child, ...this.#child.stdio]) each.unref();
  }

  // Say how it ended, and what it has written.
  fate() {
    const { error, code, signal } = this.#end ?? {};
    const end = this.#end && (error?.message ?? (signal ? `It was ended by ${signal}.` : `It ended with status ${code}.`));
    const said = `${this.#said.startsWith("mockserver ready") ? "" : this.#said}${this.#complaints}`.trim();
    return [end, said && `It said:\n${said}`].filter(Boolean).join(" ");
  }

  async stop() {
    this.#child.ref();
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
