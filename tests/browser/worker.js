// A worker of the page: import maps do not reach it. Answers with how an exchange ends.
import { authenticate } from "/pay4power-auth/dist/inline.js";

self.addEventListener("message", async ({ data }) => {
  const code = await authenticate(data).then(
    () => "token",
    (error) => error.code,
  );
  self.postMessage(code);
});
