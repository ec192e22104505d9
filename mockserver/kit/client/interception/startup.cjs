// What a Node that is intercepted runs before its program. Node's fetch, its https module and what is built on them ask no
// proxy by themselves. All of them make their connections by the functions that are replaced here: each connection to the
// port of http or https leads through a tunnel of the proxy, but for those that NO_PROXY names.
//
// NODE_USE_ENV_PROXY is not used: Node 20 does not know it, Node 22 warns of it, and where it counts, fetch does not tell
// why the proxy refused a host.
"use strict";

const http = require("node:http");
const module_ = require("node:module");
const net = require("node:net");
const tls = require("node:tls");
const { Duplex } = require("node:stream");

const PORTS = new Set([80, 443]);

/** Let what goes to a host, but for this machine, pass the proxy; `hosts` are those of the services. */
exports.intercept = function intercept(hosts) {
  const proxy = new URL(process.env.HTTPS_PROXY);
  const own = new Set(hosts);
  const past = (process.env.NO_PROXY || "").toLowerCase().split(/[\s,]+/).filter(Boolean);

  function isProxied(options) {
    const host = String(options.host || "localhost").toLowerCase().replace(/^\[|\]$/g, "").replace(/\.$/, "");
    if (own.has(host)) return true;
    if (!PORTS.has(Number(options.port)) || /^127\./.test(host) || host === "::1" || host === "localhost") return false;
    return !past.some((part) => {
      const name = part.replace(/:\d+$/, "").replace(/^\*?\.?/, "");
      return part === "*" || host === name || (name && host.endsWith(`.${name}`));
    });
  }

  const connectPlain = net.connect;
  const connectSecure = tls.connect;

  /** Connect to the proxy and ask it for a tunnel; call back with the connection once it leads to the host. */
  function tunnel(options, done) {
    const socket = connectPlain({ host: proxy.hostname.replace(/^\[|\]$/g, ""), port: Number(proxy.port || 80) });
    const host = String(options.host).includes(":") ? `[${options.host}]` : options.host;
    const fail = (error) => {
      socket.destroy();
      done(error);
    };
    let said = Buffer.alloc(0);
    socket.once("error", fail);
    socket.once("end", () => fail(Object.assign(new Error("the proxy closed the connection"), { code: "ECONNRESET" })));
    socket.once("connect", () => socket.write(`CONNECT ${host}:${options.port} HTTP/1.1\r\nHost: ${host}:${options.port}\r\n\r\n`));
    socket.on("readable", function hear() {
      for (let data = socket.read(); data !== null; data = socket.read()) said = Buffer.concat([said, data]);
      const end = said.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.removeListener("readable", hear);
      socket.removeAllListeners("end");
      socket.removeListener("error", fail);
      const line = said.subarray(0, said.indexOf("\r\n")).toString("latin1");
      if (!/^HTTP\/1\.[01] 200\b/.test(line)) {
        fail(Object.assign(new Error(line.replace(/^HTTP\/1\.[01] \d+ /, "")), { code: "ECONNREFUSED" }));
        return;
      }
      if (end + 4 < said.length) socket.unshift(said.subarray(end + 4));
      done(null, socket);
    });
    return socket;
  }

  /** What TLS is spoken over while the tunnel is still being made. */
  class Tunnel extends Duplex {
    constructor(options) {
      super({ allowHalfOpen: true });
      this.bare = tunnel(options, (error, socket) => {
        if (error) {
          this.destroy(error);
          return;
        }
        socket.on("data", (data) => this.push(data) || socket.pause());
        socket.on("end", () => this.push(null));
        socket.on("error", (problem) => this.destroy(problem));
        socket.on("close", () => this.destroy());
        this.waiting?.();
        this.waiting = undefined;
        this.isOpen = true;
      });
    }

    _read() {
      if (this.isOpen) this.bare.resume();
    }

    _write(data, _encoding, done) {
      if (this.isOpen) this.bare.write(data, done);
      else this.waiting = () => this.bare.write(data, done);
    }

    _final(done) {
      this.bare.end();
      done();
    }

    _destroy(error, done) {
      this.bare.destroy();
      done(error);
    }
  }

  tls.connect = function connect(...args) {
    const [options, listener] = normalized(args);
    if (options.socket || options.path || !isProxied(options)) return connectSecure.apply(this, args);
    const over = new Tunnel(options);
    const servername = options.servername ?? (net.isIP(options.host) ? undefined : options.host);
    const socket = connectSecure.call(this, { ...options, servername, socket: over }, listener);
    over.on("error", (error) => socket.destroy(error));
    // A program may end while an idle connection is kept open.
    for (const name of ["ref", "unref"]) {
      const usual = socket[name].bind(socket);
      socket[name] = () => (over.bare[name](), usual());
    }
    return socket;
  };

  // Plain HTTP to a service: the fake answers that at the address of the proxy, too.
  net.connect = net.createConnection = function connect(...args) {
    const [options, listener] = normalized(args);
    if (options.path || !own.has(options.host) || Number(options.port) !== 80) return connectPlain.apply(this, args);
    return connectPlain({ ...options, host: proxy.hostname, port: Number(proxy.port || 80) }, listener);
  };

  const createConnection = http.Agent.prototype.createConnection;
  http.Agent.prototype.createConnection = function create(options, done) {
    if (options.path || options.socketPath || !isProxied(options)) return createConnection.apply(this, arguments);
    tunnel(options, done);
    return undefined;
  };

  module_.syncBuiltinESMExports();
};

/** Return the options and the listener of a call of `connect`, whichever of its forms it has. */
function normalized(args) {
  const [first, second, third] = args;
  const listener = args.find((each) => typeof each === "function");
  if (typeof first === "object" && first !== null) return [first, listener];
  const isPort = typeof first === "number" || /^\d+$/.test(first);
  const host = typeof second === "string" ? second : undefined;
  const rest = [second, third].find((each) => typeof each === "object" && each !== null) ?? {};
  return [isPort ? { ...rest, port: Number(first), host: host ?? rest.host } : { ...rest, path: first }, listener];
}
