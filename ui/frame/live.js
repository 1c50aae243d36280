/* One WebSocket for this page: each message makes the page ask what is new. It says nothing else.
   While it is open the page ticks slowly; the server sees that for itself. */
const AGAIN_FIRST = 1000;
const AGAIN_AT_MOST = 30000;
let line = null;

function connect(of) {
  clearTimeout(of.timer);
  /* Beside the page, so that a server behind a prefix finds it. */
  const url = new URL("live", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = url.hash = "";
  const socket = new WebSocket(url);
  of.socket = socket;
  socket.onopen = () => socket.send(JSON.stringify({ token: of.token, tab: of.tab }));
  socket.onmessage = (message) => {
    of.again = AGAIN_FIRST;
    of.open = message.data !== "gone"; /* then its end is no further news */
    of.tell("news", message.data);
  };
  socket.onclose = (event) => {
    if (of.socket !== socket) return;
    if (of.open) of.tell("news", "closed");
    of.open = false;
    if (event.code === 1008) return;
    of.timer = setTimeout(() => connect(of), of.again);
    of.again = Math.min(AGAIN_AT_MOST, of.again * 2);
  };
}

function close(of) {
  clearTimeout(of.timer);
  const socket = of.socket;
  of.socket = null;
  if (socket) socket.close();
}

export default function ({ data, setTriggerValue }) {
  if (line && (line.token !== data.token || line.tab !== data.tab)) {
    close(line);
    line = null;
  }
  if (!line) {
    line = { token: data.token, tab: data.tab, again: AGAIN_FIRST, open: false };
    line.tell = setTriggerValue;
    connect(line);
  }
  line.tell = setTriggerValue;
  const mine = line;
  return () => {
    if (line === mine) {
      close(mine);
      line = null;
    }
  };
}

addEventListener("online", () => line && !line.open && connect(line));
