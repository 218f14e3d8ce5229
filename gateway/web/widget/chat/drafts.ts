// What the buyer writes, as it waits to go out. Kept for the visit, so that a reload loses nothing: plain JSON.

import { create } from "@bufbuild/protobuf";
import {
  Category,
  Channel,
  ContentSchema,
  OpeningSchema,
  type Content,
  type Opening,
} from "../../gen/kefu/common/v1/entry_pb.js";
import type { Outgoing } from "../../shared/outbox.js";
import { pageOf, recordOf, type Page, type ProductInfo } from "../page.js";

export interface Draft {
  readonly body: string;
  // A card instead of words.
  readonly card?: ProductInfo;
  // How things stood when it was written; said if it opens a session.
  readonly category: Category;
  readonly page: Page;
  readonly language: string;
}

export function contentOf(draft: Draft): Content {
  const { card } = draft;
  if (!card) return create(ContentSchema, { kind: { case: "text", value: { body: draft.body } } });
  const price = card.price ? { currency: card.price.currency, minorUnits: BigInt(card.price.minorUnits) } : undefined;
  const value = { product: card.product, title: card.title, url: card.url, ...(price ? { price } : {}) };
  return create(ContentSchema, { kind: { case: "product", value } });
}

export function openingOf({ category, page, language }: Draft): Opening {
  return create(OpeningSchema, {
    category,
    page: { url: page.url, product: page.product, orderNumber: page.order, trackingNumber: page.parcel },
    language,
    channel: Channel.WIDGET,
  });
}

// What of the outbox is worth keeping: what has not reached the log.
export function kept(messages: readonly Outgoing<Draft>[]): unknown {
  return messages
    .filter((message) => message.state !== "acknowledged")
    .map(({ requestId, payload }) => ({ requestId, payload }));
}

// Messages of an earlier page, all to be tried again.
export function restored(json: unknown): Outgoing<Draft>[] | undefined {
  if (!Array.isArray(json)) return undefined;
  return json.flatMap((item: unknown) => {
    const { requestId, payload } = recordOf(item);
    const draft = draftOf(payload);
    return typeof requestId === "string" && draft ? [{ requestId, payload: draft, state: "sending" as const }] : [];
  });
}

function draftOf(json: unknown): Draft | undefined {
  const { body, card, category, page, language } = recordOf(json);
  if (typeof body !== "string" || typeof language !== "string" || typeof category !== "number") return undefined;
  const { url, product, order, parcel } = recordOf(page);
  const known = pageOf({ url, product, order, parcel }, typeof url === "string" ? url : "");
  const info = card === undefined ? undefined : pageOf(card, typeof url === "string" ? url : "").card;
  if (body === "" && !info) return undefined;
  return { body, ...(info ? { card: info } : {}), category: category in Category ? category : 0, page: known, language };
}
