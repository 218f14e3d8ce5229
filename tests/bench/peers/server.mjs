// What a team would write without kefu: socket.io with its Redis adapter, so that the two people of a conversation may be
// connected to different processes; a message is in Redis, on disk, before it is acknowledged. No accounts, no rules.
//
//   node server.mjs REDIS_SOCKET websocket|polling
//
// Prints its port. `polling`: clients may begin with polling and upgrade, as they do unless told otherwise.
import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [path, transport] = process.argv.slice(2);

const redis = createClient({ socket: { path } });
const publisher = redis.duplicate();
const subscriber = redis.duplicate();
await Promise.all([redis.connect(), publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  transports: transport === "polling" ? ["polling", "websocket"] : ["websocket"],
  serveClient: false,
});
io.on("connection", (socket) => {
  const { conversation } = socket.handshake.auth;
  socket.join(conversation);
  socket.on("say", async (id, text, acknowledge) => {
    const place = await redis.xAdd(conversation, "*", { id, text });
    acknowledge(place);
    socket.to(conversation).emit("said", { place, id, text });
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
