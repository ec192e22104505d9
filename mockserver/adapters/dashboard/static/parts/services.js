// The services that are there, by their ids.

let services = {};

/** Take note of them: their titles by their ids. */
export function knowServices(found) {
  services = found;
}

/** The field of a form that chooses one of them, or any. */
export const SERVICE = {
  name: "service",
  label: "Service",
  options: () => [["", "Any service"], ...Object.entries(services).map(([id, title]) => [id, id, title])],
};
