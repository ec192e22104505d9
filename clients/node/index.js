// A fake of the Kling APIs for tests: `const fake = await start({ pace: "instant" })`. index.d.ts describes all of it.

import { control } from "./control.js";
import { launch } from "./process.js";

export { Refused } from "./control.js";
export { NotStarted } from "./process.js";

export class NotMet extends Error {
  name = "NotMet";
}

export async function start({ command, ...options } = {}) {
  return new Fake(await launch(command, options));
}

class Fake {
  #process;

  constructor(process) {
    this.#process = process;
    this.url = process.url;
  }

  get pid() {
    return this.#process.pid;
  }

  faults = {
    add: async (fault, about = {}) => (await this.control("POST", "/faults", { fault, ...about })).number,
    remove: async (number) => void (await this.control("DELETE", `/faults/${number}`)),
    clear: async (whose = {}) => void (await this.control("DELETE", `/faults${query(whose)}`)),
    list: async () => (await this.control("GET", "/faults")).faults,
  };

  profiles = {
    start: async (name, whose = {}) => void (await this.control("PUT", `/profiles/${encodeURIComponent(name)}`, whose)),
    stop: async (name, whose = {}) =>
      void (await this.control("DELETE", `/profiles/${encodeURIComponent(name)}${query(whose)}`)),
  };

  clock = {
    now: async () => (await this.control("GET", "/clock")).now,
    freeze: () => this.control("POST", "/clock/freeze"),
    resume: () => this.control("POST", "/clock/resume"),
    set: (time) => this.control("POST", "/clock/set", { now: Number(time) }),
    advance: (span) => this.control("POST", "/clock/advance", { advance: typeof span === "number" ? `${span}ms` : span }),
  };

  requests = {
    list: (filter = {}) => this.#all("/requests", { whole: 1, ...filter }),
    verify: async (operation, about = {}) => {
      const { is_met, found, nearest } = await this.control("POST", "/requests/verify", { operation, ...about });
      if (!is_met) throw new NotMet(unmet(operation, about, found, nearest));
      return found;
    },
  };

  tasks = {
    list: (filter = {}) => this.#all("/tasks", filter),
    force: ({ service, id }, status, reason) =>
      this.control("POST", `/tasks/${service}/${encodeURIComponent(id)}/force`, { status, reason }),
  };

  async reset(whose = {}) {
    await this.control("POST", "/reset", whose);
  }

  control(method, path, body) {
    return control(this.#process, method, path, body);
  }

  stop() {
    return this.#process.stop();
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  async #all(path, filter) {
    const items = [];
    for (let offset = 0; offset !== null; ) {
      const page = await this.control("GET", path + query({ limit: 1000, ...filter, offset }));
      items.push(...page.items);
      offset = page.next;
    }
    return items;
  }
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

function unmet(operation, about, found, nearest) {
  const asked = `${operation} ${JSON.stringify(about)}`;
  const near = nearest.map(({ number, reasons }) => `\n  exchange ${number}: ${reasons.join("; ")}`);
  return `${found.length} exchanges are as asked for: ${asked}${near.join("")}`;
}
