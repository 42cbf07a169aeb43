// Says what is missing if the page cannot run. A plain script: it must run where modules or Wasm do not.
if (!("WebAssembly" in globalThis)) {
  showTrouble("This browser has no WebAssembly, or it is switched off. The package needs it.");
}
addEventListener(
  "error",
  ({ target, message }) => {
    showTrouble(
      target instanceof Element
        ? "A file of this page did not load. Is npm start still running? Then load the page again."
        : `This page has failed: ${message}`,
    );
  },
  true, // an error of a script or a link does not bubble
);
addEventListener("unhandledrejection", ({ reason }) => {
  showTrouble(`This page has failed: ${reason?.message ?? reason}`);
});
function showTrouble(text) {
  const trouble = document.getElementById("trouble");
  // The first trouble is the cause of later ones.
  if (trouble?.hidden) {
    trouble.textContent = text;
    trouble.hidden = false;
  }
}
