// fetch as a browser does it where it matters here: HTTP/2 over TLS, all calls on one connection until the server asks
// for another (GOAWAY), bodies as streams. (Node's own fetch speaks HTTP/1.1, and takes no certificate of a test's.)
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, connect, constants } from "node:http2";
import { Readable } from "node:stream";

export class Http2Fetch {
  private readonly sessions = new Set<ClientHttp2Session>();
  private current: ClientHttp2Session | undefined;

  constructor(
    private readonly origin: string,
    private readonly certificate: Buffer,
  ) {}

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = Buffer.from(await request.arrayBuffer());
    for (;;) {
      const stream = this.open(request);
      init?.signal?.addEventListener("abort", () => stream.close(constants.NGHTTP2_CANCEL));
      stream.end(body);
      try {
        return answer(await headOf(stream), stream);
      } catch (error) {
        // The server was about to close the connection and has not looked at the request.
        if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) throw error;
        this.current = undefined;
      }
    }
  };

  // What the two sides have agreed on, e.g. "h2".
  get protocol(): string | undefined {
    return this.current?.alpnProtocol;
  }

  close(): void {
    for (const session of this.sessions) session.destroy();
  }

  private session(): ClientHttp2Session {
    if (this.current !== undefined && !this.current.closed && !this.current.destroyed) return this.current;
    const session = connect(this.origin, { ca: this.certificate });
    this.sessions.add(session);
    session.on("goaway", () => {
      if (this.current === session) this.current = undefined;
    });
    this.current = session;
    return session;
  }

  private open(request: Request): ClientHttp2Stream {
    const { pathname, search } = new URL(request.url);
    const headers: Record<string, string> = { ":method": request.method, ":path": pathname + search };
    request.headers.forEach((value, name) => (headers[name] = value));
    return this.session().request(headers);
  }
}

// A stream may also be closed without an error before anything came.
async function headOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const stop = new AbortController();
  const closed = once(stream, "close", { signal: stop.signal }).then(() => {
    throw new Error(`the stream was closed with code ${stream.rstCode} before an answer`);
  });
  closed.catch(() => {}); // told by whoever loses the race
  try {
    const [head] = (await Promise.race([once(stream, "response"), closed])) as [IncomingHttpHeaders];
    return head;
  } finally {
    stop.abort();
  }
}

function answer(head: IncomingHttpHeaders, stream: ClientHttp2Stream): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(head)) {
    if (!name.startsWith(":")) headers.set(name, String(value));
  }
  return new Response(Readable.toWeb(stream) as ReadableStream, { status: Number(head[":status"]), headers });
}
