import { EnvHttpProxyAgent } from 'undici';
import { ThawError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';

/**
 * Connections through HTTPS_PROXY, HTTP_PROXY and NO_PROXY (either case), or through `proxy` for both.
 * A server that says nothing for half a minute counts as gone.
 */
export function networkAgent(env: Environment, proxy?: string): EnvHttpProxyAgent {
  const http = proxy ?? env.http_proxy ?? env.HTTP_PROXY ?? '';
  const https = proxy ?? env.https_proxy ?? env.HTTPS_PROXY ?? '';
  try {
    return new EnvHttpProxyAgent({
      httpProxy: http,
      httpsProxy: https,
      noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
      // Plain http goes to the proxy as a plain request: many refuse CONNECT to port 80.
      proxyTunnel: false,
      connect: { timeout: 15_000 },
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
    });
  } catch (cause) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `The proxy '${proxy ?? (https || http)}' is not an address.`,
      { cause },
    );
  }
}
