// Your own check of the caller. Here the caller has a token, which you set as the secret `CALLER_TOKEN`.

export async function isAllowed(request: Request, callerToken: string): Promise<boolean> {
  const wanted = await digest(`Bearer ${callerToken}`);
  const given = await digest(request.headers.get("Authorization") ?? "");
  return callerToken !== "" && crypto.subtle.timingSafeEqual(given, wanted);
}

/** Texts of any length have digests of one length, which `timingSafeEqual` needs. */
function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
