// Follow a room live and miss nothing: node follow.mjs https://channel.example.org ROOM_ID TOKEN [AFTER]
// The function runs in Node 22 and later, and in a page of the server itself.

export async function follow(base, room, token, onEvent, after = 0, epoch = null) {
  const stream = `room:${room}`;
  const api = async (path, method = "GET") => {
    const answer = await fetch(`${base}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    return answer.ok ? answer.json() : Promise.reject(new Error(`${answer.status} ${(await answer.json()).detail}`));
  };
  for (let wait = 500; ; wait = Math.min(60_000, wait * 2)) {
    for (let more = true; more; ) { // first what was missed, from the log
      const log = await api(`/streams/${stream}/events?after=${after}`);
      const restored = epoch !== null && epoch !== log.epoch; // from a backup: begin afresh
      if (restored) after = 0;
      for (const event of restored ? [] : log.items) onEvent(event, (after = event.seq));
      [epoch, more] = [log.epoch, restored || log.next_cursor !== null];
    }
    const { ticket } = await api("/live/ticket", "POST"); // a browser's WebSocket cannot send the token itself
    const code = await new Promise((ended) => {
      const socket = new WebSocket(`${base.replace("http", "ws")}/live?ticket=${ticket}`, "channel.v1");
      socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", streams: [{ stream, after, epoch }] }));
      socket.onmessage = ({ data }) => { // then what comes, from exactly there on
        const event = JSON.parse(data);
        if (event.type === "subscribed" && event.streams[0].reset) socket.close(); // restored since the log was read
        if (event.type === "event") onEvent(event, (after = event.seq), (wait = 500));
      };
      socket.onclose = ({ code }) => ended(code);
    });
    if (code === 4001 || code === 4004) throw new Error("Signed out, or not allowed.");
    await new Promise((again) => setTimeout(again, Math.random() * wait)); // not all at once after a restart
  }
}

if (globalThis.process?.argv[1]?.endsWith("follow.mjs")) {
  const [base, room, token, after = "0"] = process.argv.slice(2);
  const print = ({ seq, kind, data: { post } }) => console.log(seq, kind, post?.text ?? post?.teaser ?? "");
  await follow(base, room, token, print, Number(after));
}
