// What the shop's page tells about itself: where the buyer is when asking. Comes from another party's script, so it is
// taken apart with care: what is not understood is left out, what is too long for the gateway as well.

export interface Price {
  // ISO 4217.
  readonly currency: string;
  readonly minorUnits: number;
}

// What the buyer looks at, as a card that the buyer may send.
export interface ProductInfo {
  readonly product: string;
  readonly title: string;
  readonly price?: Price;
  readonly url: string;
}

export interface Page {
  readonly url: string;
  readonly product: string;
  readonly order: string;
  readonly parcel: string;
  readonly card?: ProductInfo;
}

// Limits of the gateway, in bytes of UTF-8.
const longestReference = 64;
const longestTitle = 256;
const longestUrl = 2048;

// `here` is the page's own address: without its query and fragment, which may carry what is nobody's business.
export function pageOf(input: unknown, here: string): Page {
  const given = recordOf(input);
  const product = reference(given["product"]);
  const url = webAddress(given["url"], here) || webAddress(withoutQuery(here), here);
  const title = short(given["title"], longestTitle);
  const price = priceOf(given["price"]);
  return {
    url,
    product,
    order: reference(given["order"]),
    parcel: reference(given["parcel"]),
    ...(product !== "" && title !== "" ? { card: { product, title, url, ...(price ? { price } : {}) } } : {}),
  };
}

export function recordOf(input: unknown): Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};
}

function priceOf(input: unknown): Price | undefined {
  const { currency, minorUnits } = recordOf(input);
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return undefined;
  if (typeof minorUnits !== "number" || !Number.isSafeInteger(minorUnits) || minorUnits < 0) return undefined;
  return { currency, minorUnits };
}

function reference(input: unknown): string {
  return short(typeof input === "number" ? String(input) : input, longestReference);
}

// Too long is left out rather than cut: half a number is another number.
function short(input: unknown, longest: number): string {
  if (typeof input !== "string") return "";
  const text = input.trim();
  return new TextEncoder().encode(text).length <= longest && !/[\u0000-\u001f]/.test(text) ? text : "";
}

function webAddress(input: unknown, base: string): string {
  if (typeof input !== "string" || input === "") return "";
  try {
    const url = new URL(input, base);
    const web = url.protocol === "http:" || url.protocol === "https:";
    return web && !/["<>\\\s]/.test(url.href) ? short(url.href, longestUrl) : "";
  } catch {
    return "";
  }
}

function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, "");
}
