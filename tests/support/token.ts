// Tokens as an attacker, or the passing of time, would make them.
import { createHmac } from "node:crypto";

import { fromBinary, toBinary } from "@bufbuild/protobuf";

import { type TokenPayload, TokenPayloadSchema } from "../gen/kefu/gateway/v1/record_pb.js";

// v1.<key id>.<base64url payload>.<base64url HMAC-SHA256>
export class Token {
  readonly version: string;
  readonly keyId: string;
  readonly payload: TokenPayload;
  readonly signature: string;

  constructor(readonly text: string) {
    const [version, keyId, payload, signature] = text.split(".");
    this.version = version!;
    this.keyId = keyId!;
    this.payload = fromBinary(TokenPayloadSchema, Buffer.from(payload!, "base64url"));
    this.signature = signature!;
  }

  // The same signature over another payload.
  forged(change: Partial<TokenPayload>): string {
    return [this.version, this.keyId, this.encoded(change), this.signature].join(".");
  }

  // Signed rightly, as if the gateway had issued it.
  signed(key: Buffer, change: Partial<TokenPayload>): string {
    const signed = [this.version, this.keyId, this.encoded(change)].join(".");
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  }

  with(parts: { keyId?: string; signature?: string; version?: string }): string {
    const { version = this.version, keyId = this.keyId, signature = this.signature } = parts;
    return [version, keyId, this.encoded({}), signature].join(".");
  }

  private encoded(change: Partial<TokenPayload>): string {
    return Buffer.from(toBinary(TokenPayloadSchema, { ...this.payload, ...change })).toString("base64url");
  }
}
