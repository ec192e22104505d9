// Shows the OpenAPI document that the page names, and tries its operations out on this fake.

const place = document.getElementById("viewer");
const darkness = matchMedia("(prefers-color-scheme: dark)");

function shade() {
  document.documentElement.classList.toggle("dark-mode", darkness.matches);
}

darkness.addEventListener("change", shade);
shade();

const viewer = SwaggerUIBundle({
  domNode: place,
  url: new URL(place.dataset.openapi, location.href).href, // what is relative in it is found from a whole address
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null, // or it would send the address to a service of its maker
  onComplete() {
    // Any token is an account of its own, unless the fake was started with --key; then a person puts in theirs.
    if (place.dataset.credential) viewer.preauthorizeApiKey(place.dataset.credential, "from-the-docs");
  },
});
