/**
 * Options of `mockserver serve`, in camel case: `docs/reference/commands.md` describes each.
 *
 * One that may be repeated takes a list. One that wants `NAME=VALUE` takes an object.
 */
export interface Options {
  /** The words that start mockserver. Without them it is the program that the variable MOCKSERVER names, or
   * `mockserver` on the PATH, or the module of the Python that is there. */
  command?: readonly string[];
  /** Any free one by default. */
  port?: number;
  store?: string;
  reload?: boolean;
  controlToken?: string;
  service?: Several;
  prefix?: Several;
  pace?: "real" | "fast" | "instant" | (string & {});
  strict?: boolean;
  reading?: Readonly<Record<string, string>>;
  key?: Several;
  slots?: number;
  rate?: string;
  fault?: Several;
  profile?: Several;
  ownProfile?: Readonly<Record<string, Several>>;
  seed?: number;
  maxBody?: number;
  maxTasks?: number;
  publicUrl?: string;
  trustProxy?: boolean;
  webhookSecret?: string;
  allowCallbacksTo?: Several;
  denyCallbacksTo?: Several;
  /** Be the proxy of clients that have the real hosts in their code, too; `pass` are other hosts that they reach. */
  intercept?: boolean;
  pass?: Several;
  schemas?: Several;
}

export type Several = string | readonly string[];

/** Only what belongs to this token or access key: tests side by side then do not see each other. */
export interface Whose {
  account?: string;
}

export interface Fault {
  number: number;
  fault: string;
  stage: string;
  services: string[];
  account: string | null;
  path: string | null;
  where: object;
  happened: number;
  origin: string;
}

export interface Clock {
  /** Unix milliseconds. */
  now: number;
  is_frozen: boolean;
}

export interface MovedClock extends Clock {
  unfinished_callbacks: number;
}

export interface Message {
  headers: Record<string, string>;
  body: string;
  [more: string]: unknown;
}

export interface Exchange {
  number: number;
  at: number;
  service: string;
  operation: string | null;
  account: string | null;
  method: string;
  path: string;
  status: number;
  task: string | null;
  took: number | null;
  reason: object | null;
  rules: { rule: string; level: "error" | "warning" }[];
  differences: string[];
  request: Message;
  response: Message;
  [more: string]: unknown;
}

export type Status = "submitted" | "processing" | "succeed" | "failed";

export interface Task {
  service: string;
  id: string;
  operation: string;
  media: "image" | "video" | "audio" | "none";
  account: string;
  external_id: string | null;
  prompt: unknown;
  status: Status;
  reason: string | null;
  cause: object | null;
  created_at: number;
  updated_at: number;
  timeline: { at: number; status: Status }[];
  results: string[];
}

/** A fake that answers at `url`. It stops with this process, however that ends. */
export interface Fake extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;

  readonly faults: {
    /** Let something go wrong: `add("1303 x2 on kling/omni-image.create")`. The number is the one for `remove`. */
    add(fault: string, about?: Whose & { path?: string; where?: object }): Promise<number>;
    remove(number: number): Promise<void>;
    clear(whose?: Whose): Promise<void>;
    list(): Promise<Fault[]>;
  };

  /** Faults as a whole: `start("flaky")`. */
  readonly profiles: {
    start(name: string, whose?: Whose): Promise<void>;
    stop(name: string, whose?: Whose): Promise<void>;
  };

  readonly clock: {
    /** Unix milliseconds. */
    now(): Promise<number>;
    freeze(): Promise<Clock>;
    resume(): Promise<Clock>;
    /** Unix milliseconds, or a date. */
    set(time: number | Date): Promise<MovedClock>;
    /** `"90s"`, or milliseconds. All that comes due has happened when this resolves. */
    advance(span: string | number): Promise<MovedClock>;
  };

  readonly requests: {
    /** What was sent, and what was answered; the newest first. */
    list(filter?: Whose & { operation?: string; service?: string; status?: number; rule?: string }): Promise<Exchange[]>;
    /** Resolve to the numbers of the exchanges that are as described. Rejects with `NotMet`, which says what came nearest. */
    verify(
      operation: string,
      about?: Whose & { service?: string; status?: number; rule?: string; where?: object; times?: number },
    ): Promise<number[]>;
  };

  readonly tasks: {
    /** The newest first. */
    list(filter?: Whose & { operation?: string; service?: string; status?: Status }): Promise<Task[]>;
    force(task: { service: string; id: string }, status: Status, reason?: string): Promise<Task>;
  };

  /** Forget tasks, callbacks, exchanges and faults. */
  reset(whose?: Whose): Promise<void>;

  /** Everything else of the control API: `control("PATCH", "/settings", { pace: "polls:3" })`. Rejects with `Refused`. */
  control(method: string, path: string, body?: object): Promise<any>;

  /** Stop it, and wait until it has ended. */
  stop(): Promise<void>;
}

/** The fake refuses what it is asked; the message says why. */
export class Refused extends Error {}

/** What was to be verified was not sent. */
export class NotMet extends Error {}

/** mockserver is not there, or does not start; the message says what to do. */
export class NotStarted extends Error {}

/** Start a fake on this machine. Rejects with `NotStarted`. */
export function start(options?: Options): Promise<Fake>;
