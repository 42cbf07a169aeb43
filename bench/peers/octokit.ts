// @octokit/auth-app.
import { createAppAuth } from "@octokit/auth-app";
import { request } from "@octokit/request";
import type { MakePeer } from "./peer.ts";
import type { StubService } from "./stub-service.ts";

export const octokit: MakePeer = (service) => {
  const github = request.defaults({ request: { fetch: githubOf(service) } });
  const auth = createAppAuth({
    appId: 1,
    installationId: 1,
    createJwt: async () => ({ jwt: "jwt", expiresAt: new Date(Date.now() + 60_000).toISOString() }),
    request: github,
  });
  return {
    getToken: () => auth({ type: "installation" }),
    fetch: (url) => auth.hook(github, `GET ${url}`),
  };
};

/** Answers an exchange as GitHub does, and any other request as the service does. */
const githubOf = (service: StubService) => async (url: string, init: RequestInit) => {
  if (!url.endsWith("/access_tokens")) {
    return service.fetch(url, init);
  }
  const { token, expiresAtMs } = await service.issue();
  const expires_at = new Date(expiresAtMs).toISOString();
  return Response.json({ token, expires_at, permissions: {} }, { status: 201 });
};
