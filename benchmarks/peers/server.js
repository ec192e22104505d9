// openapi-backend as its own documents show it: Ajv validates, and the mock answers with the description's examples.
// node server.js DESCRIPTION PORT
const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { OpenAPIBackend } = require("openapi-backend");

const [description, port] = process.argv.slice(2);
const refused = (context) => ({ status: 400, body: { code: 1201, message: context.validation.errors[0].message } });
const mocked = (context) => {
  const { status, mock } = context.api.mockResponseForOperation(context.operation.operationId);
  return { status, body: mock };
};
const api = new OpenAPIBackend({
  definition: JSON.parse(readFileSync(description, "utf8")),
  quick: true,
  ajvOpts: { strict: false, logger: false },
  handlers: {
    validationFail: refused,
    notFound: () => ({ status: 404, body: { code: 1203, message: "not found" } }),
    notImplemented: mocked,
  },
});

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const [path, query] = request.url.split("?");
  const { method, headers } = request;
  const { status, body } = await api.handleRequest({ method, path, query, headers, body: Buffer.concat(chunks).toString() });
  const written = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(written) });
  response.end(written);
}

api.init().then(() => createServer(answer).listen(Number(port), "127.0.0.1"));
