// What the script tag says.

import { languageOf, type Language } from "../shared/language.js";

export type Theme = "light" | "dark" | "auto";

export interface Options {
  readonly shop: string;
  // Origin of the gateway.
  readonly gateway: string;
  // Absent: the page's.
  readonly language: Language | undefined;
  readonly theme: Theme;
  readonly side: "left" | "right";
  readonly page: { readonly product?: string; readonly order?: string; readonly parcel?: string };
}

// `data` is the tag's dataset, `source` its absolute src. A string is what is wrong with the tag.
export function optionsOf(data: Readonly<Record<string, string | undefined>>, source: string): Options | string {
  const shop = data["shop"]?.trim() ?? "";
  if (shop === "") return "kefu: name the shop in the script tag, as in data-shop=\"demo\".";
  const gateway = originOf(data["gateway"] ?? source);
  if (gateway === undefined) return `kefu: data-gateway must be an http or https address, not "${data["gateway"]}".`;
  const { product, order, parcel } = data;
  return {
    shop,
    gateway,
    language: languageOf(data["language"] ?? ""),
    theme: themeOf(data["theme"]),
    side: data["side"] === "left" ? "left" : "right",
    page: { ...(product ? { product } : {}), ...(order ? { order } : {}), ...(parcel ? { parcel } : {}) },
  };
}

export function themeOf(input: unknown): Theme {
  return input === "light" || input === "dark" ? input : "auto";
}

function originOf(address: string): string | undefined {
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.origin : undefined;
  } catch {
    return undefined;
  }
}
