// A static page. Next.js renders it in `next build`, and again after an hour. Each time the client gets a token, and no
// cache of Next.js keeps it: the package sends the exchange with `cache: "no-store"`. Do not add
// `fetchCache = "force-cache"` here, which overrules that: Next.js would write the token to disk.
import { pay4power } from "../lib/pay4power";

export const dynamic = "force-static";
export const revalidate = 3600; // seconds

export default async function Page() {
  const answer = await pay4power().fetch("/services", { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) {
    throw new Error(`the services are not available: status ${answer.status}`);
  }
  const { data } = (await answer.json()) as { data: { service: string; name: string }[] };
  return (
    <ul>
      {data.map(({ service, name }) => (
        <li key={service}>{name}</li>
      ))}
    </ul>
  );
}
