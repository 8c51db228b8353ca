import { createServer } from 'node:http';
import { openClassifier } from './classifier.mjs';
import { UnreadableImage } from './pixels.mjs';

const LARGEST_BODY = 20 * 2 ** 20;

/** A request that is answered with this status and sentence. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > LARGEST_BODY) break;
    chunks.push(chunk);
  }
  if (size > LARGEST_BODY) {
    request.resume(); // takes the rest and drops it: a client that still sends would not hear the answer
    throw new Refused(413, `An image of more than ${LARGEST_BODY / 2 ** 20} MiB is not taken.`);
  }
  return Buffer.concat(chunks);
}

async function answer(request, classify) {
  if (request.url.split('?')[0] !== '/classify') throw new Refused(404, 'There is only /classify.');
  if (request.method !== 'POST') throw new Refused(405, 'POST an image to /classify.');
  try {
    return await classify(await readBody(request));
  } catch (error) {
    throw error instanceof UnreadableImage ? new Refused(400, error.message) : error;
  }
}

function send(response, status, content) {
  // A connection that stays open would hold up the end.
  if (!server.listening) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

const [path = 'model.onnx'] = process.argv.slice(2);
const fail = (error) => {
  console.error(`Cannot serve ${path}: ${error.message}`);
  process.exit(1);
};
const classify = await openClassifier(path).catch(fail);

const server = createServer(async (request, response) => {
  try {
    send(response, 200, await answer(request, classify));
  } catch (error) {
    if (request.errored) return; // the client has gone
    if (!(error instanceof Refused)) console.error(error);
    const { status, message } =
      error instanceof Refused ? error : new Refused(500, 'Something went wrong here.');
    send(response, status, { error: message });
  }
});

server.on('error', fail);
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`Classifies what is sent to http://${address}:${port}/classify`);
});

// Requests that are under way are answered; idle connections are closed.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => server.close(() => process.exit()));
}
