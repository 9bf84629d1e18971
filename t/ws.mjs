// A WebSocket from the shell: node t/ws.mjs URL [MESSAGE...]
// Sends the messages, prints what comes, until Ctrl-C.

import net from 'node:net';
import crypto from 'node:crypto';

const [url, ...messages] = process.argv.slice(2);
const u = new URL(url);
const socket = net.connect(u.port || 80, u.hostname);
let buffer = Buffer.alloc(0);
let open = false;

function send(text) {
    const payload = Buffer.from(text);
    const mask = crypto.randomBytes(4);
    const head = payload.length < 126
        ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255]);
    socket.write(Buffer.concat([head, mask,
        payload.map((b, i) => b ^ mask[i & 3])]));
}

socket.write(`GET ${u.pathname}${u.search} HTTP/1.1\r\nHost: ${u.host}\r\n`
    + 'Upgrade: websocket\r\nConnection: Upgrade\r\n'
    + 'Sec-WebSocket-Version: 13\r\n'
    + `Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\n\r\n`);

socket.on('data', data => {
    buffer = Buffer.concat([buffer, data]);

    if (!open) {
        const end = buffer.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = buffer.subarray(0, end).toString();
        if (!head.startsWith('HTTP/1.1 101')) {
            console.error(buffer.toString());
            process.exit(1);
        }
        buffer = buffer.subarray(end + 4);
        open = true;
        messages.forEach(send);
    }

    while (buffer.length >= 2) {
        let length = buffer[1] & 127, at = 2;
        if (length === 126) {
            if (buffer.length < 4) return;
            length = buffer.readUInt16BE(2);
            at = 4;
        } else if (length === 127) {
            if (buffer.length < 10) return;
            length = Number(buffer.readBigUInt64BE(2));
            at = 10;
        }
        if (buffer.length < at + length) return;
        const payload = buffer.subarray(at, at + length);
        const opcode = buffer[0] & 15;
        if (opcode === 1) console.log(payload.toString());
        if (opcode === 8) process.exit(0);
        if (opcode === 9) socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
        buffer = buffer.subarray(at + length);
    }
});

socket.on('close', () => process.exit(0));
