// The least with Node's `ws`: whatever is posted goes to all WebSockets.
const http = require("http");
const { WebSocketServer } = require("ws");

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const text = Buffer.concat(parts).toString();
    for (const client of followers.clients) client.send(text);
    response.writeHead(200, { "Content-Length": "4" });
    response.end("told");
  });
});
const followers = new WebSocketServer({ server });
server.listen(0, "127.0.0.1", 4096, () => console.log(server.address().port));
