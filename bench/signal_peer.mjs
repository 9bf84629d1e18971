// A signaling server as they are written with npm's "ws": rooms in memory, a
// frame is parsed, stamped with its sender, and passed on to a user of the
// room or to all others.  What the row "signal" of bench/run.pl is compared
// with.
//
//     node signal_peer.mjs PORT

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(process.env.BENCH_MODULES + '/');
const { WebSocketServer } = require('ws');

const rooms = new Map();
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });


function relay(room, from, frame, bytes) {
    if (frame.to !== undefined) {
        for (const to of room.get(frame.to) ?? []) {
            to.send(bytes);
        }

        return;
    }

    for (const [, list] of room) {
        for (const to of list) {
            if (to !== from) {
                to.send(bytes);
            }
        }
    }
}


sockets.on('connection', (ws, request) => {
    const query = new URL(request.url, 'http://localhost').searchParams;
    const id = Number(query.get('meeting_id'));
    const user = Number(query.get('user_id'));

    ws.on('message', (data) => {
        let room = rooms.get(id);
        const frame = JSON.parse(data);

        if (frame.type === 'join') {
            if (!room) {
                rooms.set(id, room = new Map());
            }

            room.set(user, [...room.get(user) ?? [], ws]);
            ws.send(JSON.stringify({ type: 'room-info', meeting_id: id,
                data: { participants: [...room.keys()] } }));
            relay(room, ws, {}, JSON.stringify({ type: 'user-joined',
                from: user, meeting_id: id, data: { user_id: user } }));
            return;
        }

        frame.from = user;
        frame.meeting_id = id;
        frame.timestamp = new Date().toISOString();
        relay(room, ws, frame, JSON.stringify(frame));
    });
});

server.listen(Number(process.argv[2]), '127.0.0.1');
