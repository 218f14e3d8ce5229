// A shop's own site on another origin, and the way from it to the gateways, which can be cut.
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";

// How the integrator's guide (docs/widget.md) tells a shop to embed the widget, with the policy that it names; and a
// style sheet as unfriendly as a shop's may be.
const page = (gateway) => `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Another shop</title>
<link rel="stylesheet" href="/style.css">
<script src="/page.js"></script>
<script src="${gateway}/widget.js" data-shop="outside" data-product="tea-1" async></script>
</head>
<body><main><h1>Another shop</h1><label>Search <input id="search"></label></main></body>
</html>`;

const style = `* { font-size: 31px !important; color: rgb(200, 0, 0) !important; letter-spacing: 5px; }
button, textarea { display: none !important; border: 9px solid red; }
div, kefu-widget, body > * { position: static; opacity: 0.2; transform: rotate(20deg); width: 10px; }
main { all: revert; }`;

const script = `"use strict";
window.namesBefore = Object.getOwnPropertyNames(window);
window.kefu = window.kefu || function () { (kefu.q = kefu.q || []).push(arguments); };
kefu("page", { product: "tea-2", title: "Green tea", price: { currency: "CNY", minorUnits: 8850 } });
if (location.search === "?known") kefu("identify", () => fetch("/identity").then((answer) => answer.json()));
`;

export class OtherSite {
  // Set once the shop is there: {shop, identityKeyId, identityKey}.
  shop;

  static async start() {
    const site = new OtherSite();
    site.server = createServer((request, response) => site.#answer(request, response));
    site.url = `http://127.0.0.1:${await listening(site.server)}`;
    return site;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  #answer(request, response) {
    const path = request.url.split("?")[0];
    const send = (type, body, headers = {}) => response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
    if (path === "/page.js") return send("text/javascript", script);
    if (path === "/style.css") return send("text/css", style);
    if (path === "/identity") return send("application/json", JSON.stringify(this.claim("buyer-77", "王小明")));
    if (path !== "/") return response.writeHead(404).end();
    return send("text/html", page(this.gateway), {
      "Content-Security-Policy": `default-src 'self'; script-src 'self' ${this.gateway}; connect-src 'self' ${this.gateway}`,
      "Cross-Origin-Embedder-Policy": "require-corp",
    });
  }

  // What the shop's server signs for a buyer who has signed in.
  claim(externalId, displayName) {
    const timestamp = Math.floor(Date.now() / 1000);
    const { shop, identityKeyId: keyId, identityKey } = this.shop;
    const signed = ["v1", shop, externalId, displayName, timestamp].join("\n");
    const signature = createHmac("sha256", identityKey).update(signed).digest("hex");
    return { externalId, displayName, timestamp, keyId, signature };
  }
}

// Stands before the gateways as a load balancer does.
export class Way {
  #sockets = new Set();
  #to;

  static async to(address) {
    const way = new Way();
    way.#to = address;
    way.server = createTcpServer((socket) => way.#pass(socket));
    way.url = `http://127.0.0.1:${await listening(way.server)}`;
    return way;
  }

  // The gateway behind it is gone: every connection breaks, new ones go to `address`, or nowhere.
  lose(address = "") {
    this.#to = address;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  find(address) {
    this.#to = address;
  }

  close() {
    this.lose();
    this.server.close();
  }

  #pass(socket) {
    socket.on("error", () => socket.destroy());
    if (this.#to === "") {
      socket.resetAndDestroy();
      return;
    }
    const [host, port] = this.#to.split(":");
    const upstream = connect(Number(port), host);
    for (const [one, other] of [[socket, upstream], [upstream, socket]]) {
      this.#sockets.add(one);
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    upstream.on("error", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }
}

async function listening(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}
