/**
 * Whoever is still sending when the answer is out must be able to read it: the rest is taken in and thrown away for
 * a while. Closed at once, the line would be reset under the answer, and a sender who reads only after sending
 * would wait for room that never comes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is shorter has arrived before it is answered. */
const SHORT_BYTES = 16_384;
const PATIENCE_MS = 10_000;

/** To be called before the request is answered; does nothing for requests without a long body. */
export function takeInTheRest(request: IncomingMessage, response: ServerResponse): void {
  const { headers, socket } = request;
  const long = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > SHORT_BYTES;
  if (!long) return;
  // A reader that gave up has paused the body.
  response.once('finish', () => request.resume());
  const close = socket.destroySoon;
  socket.destroySoon = () => {
    socket.destroySoon = close;
    if (request.complete) return socket.destroySoon();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.once('close', () => clearTimeout(timer));
    request.once('end', () => socket.destroy());
    request.resume();
  };
}
