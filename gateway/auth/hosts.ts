/** Whether an address or name can only be reached from this machine. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** Host name of a `Host` header without its port, lower-cased; undefined where the header is none. */
export function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^[A-Za-z0-9.\-:[\]]{1,260}$/.test(header)) return undefined;
  const url = `http://${header}`;
  if (!URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

/**
 * Against DNS rebinding: a page whose own name was made to point at 127.0.0.1 arrives with that name in `Host`.
 * Where the gateway is bound to another address, the token is what keeps such pages out.
 */
export function hostAllowed(
  header: string | undefined,
  boundTo: string,
  allowedHosts: readonly string[],
): boolean {
  const name = hostNameOf(header);
  if (name === undefined) return false;
  return !isLoopback(boundTo) || isLoopback(name) || allowedHosts.includes(name);
}

/**
 * Against cross-site WebSocket hijacking and cross-site posts. Programs send no `Origin` and pass; a page passes when it
 * came from this very gateway or from an allowed origin.
 */
export function originAllowed(
  origin: string | undefined,
  hostHeader: string | undefined,
  allowedOrigins: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  if (!/^https?:\/\//.test(origin) || !URL.canParse(origin) || hostHeader === undefined) return false;
  const { protocol, host } = new URL(origin);
  const own = `${protocol}//${hostHeader}`;
  return URL.canParse(own) && new URL(own).host === host;
}
