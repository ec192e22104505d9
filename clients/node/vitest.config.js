export default { test: { include: ["tests/*.spec.js"] } };
