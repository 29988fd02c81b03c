#!/usr/bin/env python3
"""Prints what needs you, as it changes, from the WebSocket of `agentwatch web`.

    web-client.py http://127.0.0.1:7433/#pair=CODE      # once: pairs, prints a token
    AGENTWATCH_TOKEN=... web-client.py http://127.0.0.1:7433/

It needs nothing but Python: a client of RFC 6455 in thirty lines is part of it.
"""
import base64, json, os, socket, ssl, struct, sys, urllib.parse, urllib.request


class WebSocket:
    """A WebSocket for text, without extensions."""

    def __init__(self, url, protocol):
        secure, port = url.scheme == "https", url.port or (443 if url.scheme == "https" else 80)
        self.socket = socket.create_connection((url.hostname, port))
        if secure:
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=url.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /ws HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        status = self.file.readline().decode().strip()
        while self.file.readline().strip():
            pass
        if " 101 " not in status:
            raise SystemExit(f"no WebSocket: {status}")

    def send(self, value, opcode=1):
        data, mask = json.dumps(value).encode() if opcode == 1 else value, os.urandom(4)
        length = len(data)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack(">H", length))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """The next message; what ends the connection ends the program."""
        message = b""
        while True:
            head = self.file.read(2)
            if len(head) < 2:
                raise SystemExit("the connection was lost")
            final, opcode, length = head[0] & 0x80, head[0] & 0x0F, head[1] & 0x7F
            if length > 125:
                size, form = (2, ">H") if length == 126 else (8, ">Q")
                length = struct.unpack(form, self.file.read(size))[0]
            data = self.file.read(length)
            if opcode == 8:
                code = struct.unpack(">H", data[:2])[0] if data else 0
                raise SystemExit(f"closed ({code}): {data[2:].decode()}")
            if opcode == 9:
                self.send(data, opcode=10)
            elif opcode < 8:
                message += data
                if final:
                    return json.loads(message)


def pair(url, code):
    """Exchanges a code for a token."""
    body = json.dumps({"code": code, "name": "web-client.py"}).encode()
    request = urllib.request.Request(f"{url.scheme}://{url.netloc}/pair", body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=10))["token"]


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    url = urllib.parse.urlsplit(sys.argv[1])
    if url.fragment.startswith("pair="):
        print("AGENTWATCH_TOKEN=" + pair(url, url.fragment.removeprefix("pair=")))
        return
    link = WebSocket(url, "agentwatch.1")
    link.send({"auth": {"token": os.environ.get("AGENTWATCH_TOKEN", "")}})
    urgent, agents, told = [], {}, None
    while True:
        message = link.receive()
        if "hello" in message:
            urgent = [u["word"] for u in message["hello"]["urgencies"] if u["needs"]]
        if "snap" in message:
            agents = {}
        for change in (message.get("snap"), message.get("patch")):
            for name, fields in (change or {}).get("up", {}).items():
                agents.setdefault(name, {}).update(fields)
            for name in (change or {}).get("gone", []):
                agents.pop(name, None)
        if "n" in message:
            link.send({"ack": message["n"]})
        needs = [(urgent.index(a["urgency"]), a["since"], a) for a in agents.values() if a["urgency"] in urgent]
        lines = [f"{a['urgency']:10} {a['name']:20} {(a.get('dialog') or {}).get('question') or a.get('activity') or ''}"
                 for _, _, a in sorted(needs, key=lambda n: n[:2])]
        if lines != told:
            told = lines
            print("\n".join(lines) or "nobody needs you", end="\n\n", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
