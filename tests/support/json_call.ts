// One call as a program without a library makes it: JSON over HTTP, and what came back of it, the HTTP status included.
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";

import { fromBinary } from "@bufbuild/protobuf";

import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";

export interface JsonCall {
  // "AuthService/SignIn"; of package kefu.gateway.v1.
  method: string;
  // An object is sent as JSON, bytes as they are.
  body: unknown;
  token?: string;
  headers?: Record<string, string>;
  // A server stream: the answer is what its last frame says.
  stream?: boolean;
  query?: string;
  verb?: string;
}

export interface JsonAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  // Of a refusal; empty if there was none.
  code: string;
  reason: string;
  sentence: string;
  fields: string[];
  // Of a success.
  value: Record<string, unknown>;
}

export async function jsonCall(url: string, call: JsonCall): Promise<JsonAnswer> {
  const raw = call.body instanceof Uint8Array || typeof call.body === "string";
  const json = raw ? Buffer.from(call.body as string) : Buffer.from(JSON.stringify(call.body));
  const body = call.stream ? enveloped(json) : json;
  const headers: Record<string, string | number> = {
    "Content-Type": call.stream ? "application/connect+json" : "application/json",
    "Content-Length": body.length,
    ...(call.token === undefined ? {} : { Authorization: `Bearer ${call.token}` }),
    ...call.headers,
  };
  const target = `${url}/kefu.gateway.v1.${call.method}${call.query ?? ""}`;
  return await new Promise((resolve, reject) => {
    const request = httpRequest(target, { method: call.verb ?? "POST", headers, agent: false, timeout: 20_000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        resolve(understood(answer.statusCode!, answer.headers, Buffer.concat(parts)));
      });
    });
    request.on("timeout", () => request.destroy(new Error(`${call.method}: no answer`)));
    request.on("error", reject);
    request.end(body);
  });
}

function enveloped(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

interface ErrorJson {
  code?: string;
  message?: string;
  details?: { type: string; value: string }[];
}

function understood(status: number, headers: IncomingHttpHeaders, body: Buffer): JsonAnswer {
  const streamed = (headers["content-type"] ?? "").startsWith("application/connect+");
  const value = streamed ? lastFrame(body) : parsed(body);
  const error = (streamed ? (value.error ?? {}) : status === 200 ? {} : value) as ErrorJson;
  const detail = (name: string) => {
    const found = error.details?.find(({ type }) => type === `google.rpc.${name}`);
    return found && Buffer.from(found.value, "base64");
  };
  const info = detail("ErrorInfo");
  const bad = detail("BadRequest");
  return {
    status,
    headers,
    body,
    code: error.code ?? "",
    reason: info ? fromBinary(ErrorInfoSchema, info).reason : "",
    sentence: error.message ?? "",
    fields: bad ? fromBinary(BadRequestSchema, bad).fieldViolations.map(({ field }) => field) : [],
    value,
  };
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString("utf8")) as Record<string, unknown>;
  } catch {
    return {}; // not every answer is JSON: the caller sees its status and body
  }
}

// The end-of-stream message: the frame with flag 2.
function lastFrame(body: Buffer): Record<string, unknown> {
  for (let at = 0; at + 5 <= body.length; ) {
    const flags = body[at]!;
    const length = body.readUInt32BE(at + 1);
    if (flags & 2) return parsed(body.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  throw new Error("the stream ended without an end-of-stream message");
}
