import assert from "node:assert/strict";
import { test } from "node:test";
import { safeHref, splitLinks } from "./links.js";

function linked(text: string): string[] {
  return splitLinks(text).flatMap((part) => (part.href === undefined ? [] : [part.href]));
}

test("text comes out as it went in, links apart", () => {
  for (const text of ["", "none", "a https://x.example b", "https://x.example/1,https://x.example/2", "看 http://x.example/a。好"]) {
    assert.equal(splitLinks(text).map((part) => part.text).join(""), text);
  }
});

test("addresses end where the sentence goes on", () => {
  assert.deepEqual(linked("See https://x.example/a?b=1#c."), ["https://x.example/a?b=1#c"]);
  assert.deepEqual(linked("(https://x.example/a)"), ["https://x.example/a"]);
  assert.deepEqual(linked("https://x.example/a_(b)"), ["https://x.example/a_(b)"]);
  assert.deepEqual(linked("请看https://x.example/商品，谢谢"), ["https://x.example/%E5%95%86%E5%93%81"]);
});

test("nothing but http and https is a link", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://x.example", "x.example", "//x.example", "https://"]) {
    assert.deepEqual(linked(text), [], text);
  }
  for (const url of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "/relative", ""]) {
    assert.equal(safeHref(url), undefined, url);
  }
});

test("an address that hides its host behind a name is no link", () => {
  assert.deepEqual(linked("https://shop.example@evil.example/"), []);
});
