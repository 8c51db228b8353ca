import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';

export interface Behaviour {
  /** Answers ranges with the whole file, as simple servers do. */
  ignoresRange?: boolean;
  /** Ends the connection after so many bytes of an answer's body, this often. */
  breaksAfter?: number;
  breaksLeft?: number;
  /** Answers with this status instead, this often. */
  status?: number;
  statusLeft?: number;
  /** Sends neither ETag nor Last-Modified. */
  noValidator?: boolean;
}

/** A server of one file at every path; what it was asked for is in `requests`. */
export async function fileServer(content: Buffer, behaviour: Behaviour = {}) {
  const state = { content, behaviour, requests: [] as { url: string; range: string | undefined }[] };
  const server = createServer((request, response) => answer(state, request, response));
  return Object.assign(state, { url: `${await listen(server)}/` });
}

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts a server until the test file has ended; its address. */
export async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answer(
  state: { content: Buffer; behaviour: Behaviour; requests: { url: string; range: string | undefined }[] },
  request: IncomingMessage,
  response: ServerResponse,
) {
  const { content, behaviour } = state;
  const { range } = request.headers;
  state.requests.push({ url: request.url ?? '', range });
  if (behaviour.status !== undefined && (behaviour.statusLeft ?? 1) > 0) {
    behaviour.statusLeft = (behaviour.statusLeft ?? Number.POSITIVE_INFINITY) - 1;
    response.writeHead(behaviour.status).end('no');
    return;
  }
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
  if (!behaviour.noValidator) response.setHeader('etag', etag);
  const same = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const start = range && same && !behaviour.ignoresRange ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0;
  if (start >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  if (start > 0) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
  }
  const body = content.subarray(start);
  response.setHeader('content-length', body.length);
  if (behaviour.breaksAfter !== undefined && (behaviour.breaksLeft ?? 1) > 0) {
    behaviour.breaksLeft = (behaviour.breaksLeft ?? Number.POSITIVE_INFINITY) - 1;
    response.write(body.subarray(0, behaviour.breaksAfter), () => setTimeout(() => response.destroy(), 50));
    return;
  }
  response.end(body);
}
