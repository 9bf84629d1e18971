// What this client knows: rooms, members, messages, what waits to be sent;
// and how all of it follows the socket.  Views listen:
//
//   rooms       the list, its counters     room      the open room changed
//   messages    of the open room           members   of the open room
//   said        a message came live        state     of the connection
//   me          the own profile            notice    something to tell
//   ended       the token is no longer good

import { api, setToken, socketUrl } from './api.js';
import { debounced } from './dom.js';
import { Outbox } from './outbox.js';
import { Socket } from './socket.js';
import { Timeline } from './timeline.js';

const PAGE = 30;
const BEHIND_MAX = 300;         // rather read anew than catch up
const KEPT_MAX = 500;           // messages of a room, while all that is read
                                // is the newest


export class Chat extends EventTarget {

    constructor() {
        super();
        this.socket = new Socket({
            url: socketUrl,
            open: () => this.opened(),
            frame: frame => this.frame(frame),
            lost: (code, opened) => this.lost(code, opened)
        });

        this.outbox = new Outbox(this);
        this.saveRead = debounced(() => this.sendRead(), 800);
        this.reloadMembers = debounced(() => this.loadMembers(), 1000);
        this.clear();
    }

    clear() {
        this.me = null;
        this.rooms = new Map();
        this.users = new Map();
        this.room = null;
        this.listed = false;
        this.seeing = false;    // the end of the open room is on the screen
        this.heard = new Map(); // presence since its members were asked for
        this.syncs = [];
        this.syncing = 0;
        this.offline = false;
        this.renewing = false;
        this.creating = false;
    }

    tell(what, detail) {
        this.dispatchEvent(new CustomEvent(what, { detail }));
    }

    on(what, fn) {
        for (const name of what.split(' ')) {
            this.addEventListener(name, event => fn(event.detail));
        }
    }

    // Coming and going.

    async start(token) {
        setToken(token, () => this.end('Please log in again.'));
        this.me = await api.me();
        this.know(this.me);
        this.tell('me');
        this.socket.start();
    }

    end(reason) {
        this.socket.stop();
        setToken(null);
        this.clear();
        this.tell('ended', reason);
        this.tell('rooms');
        this.tell('messages');
        this.tell('members');
    }

    // With a new password the old token and its sockets are dead; that may be
    // heard before the answer with the new one.

    async password(before, after) {
        this.renewing = true;

        try {
            const { token } = await api.password(before, after);

            setToken(token);
            this.socket.start();

            return token;
        } finally {
            this.renewing = false;
        }
    }

    // The socket.

    opened() {
        this.offline = false;
        this.tell('state');
        this.syncs = [];
        this.syncing = 0;

        for (const room of this.rooms.values()) {
            this.sync(room);
        }

        this.loadRooms();
        this.loadMembers();

        if (this.room && !this.room.timeline.loaded) {
            this.older();
        }

        this.outbox.flush();
    }

    async lost(code, opened) {
        this.offline = true;
        this.syncs = [];
        this.syncing = 0;
        this.tell('state');
        this.tell('members');

        // A browser does not say why a handshake failed; a request does.

        if ((!opened || code === 1008) && !this.renewing) {
            try {
                await api.me();
            } catch {
                return;         // ended, or as unreachable as the socket
            }

            if (this.me && !this.listed) {
                this.loadRooms();
            }
        }
    }

    frame(frame) {
        const data = frame.data;

        // What is only passed on has no id, and is not for this page.

        if (frame.code === 0 && data && data.ID) {
            this.received(data);

        } else if (frame.code === 1) {
            this.refused(frame);

        } else if (frame.code === 3 && data) {
            const handlers = {
                sync: () => this.synced(data),
                presence: () => this.presence(data),
                room_joined: () => this.joined(data),
                room_updated: () => this.updated(data),
                room_left: () => this.left(data.room_id)
            };

            (handlers[data.type] || (() => {}))();
        }
    }

    // Rooms.

    async loadRooms() {
        let list;

        try {
            list = await api.rooms();
        } catch (failure) {
            this.tell('notice', failure.message);
            return;
        }

        if (!this.me) {
            return;
        }

        const gone = new Set(this.rooms.keys());

        for (const data of list) {
            gone.delete(data.ID);
            this.have(data);
        }

        gone.forEach(id => this.left(id));
        this.listed = true;
        this.tell('rooms');
        this.loadReads();
    }

    // How far each room was read; a few requests at a time.

    async loadReads() {
        const rooms = [...this.rooms.values()].filter(r => r.read === null);
        const next = async () => {
            for (let room; (room = rooms.shift());) {
                await this.loadRoom(room);
            }
        };

        await Promise.all([next(), next(), next()]);
    }

    async loadRoom(room) {
        try {
            const data = await api.room(room.id);

            this.have(data);
            room.role = data.role;
            room.saved = data.read_seq;
            room.read = Math.max(room.read || 0, data.read_seq);
            this.changed(room);
            this.readAll();
        } catch {
            // Its counter stays unknown.
        }
    }

    have(data) {
        let room = this.rooms.get(data.ID);

        if (!room) {
            room = { id: data.ID, seq: 0, read: null, saved: 0, role: '',
                     members: null, timeline: null, outbox: [],
                     loading: false, failed: '' };
            this.rooms.set(room.id, room);
        }

        room.name = data.name;
        room.about = data.description;
        room.count = data.member_count ?? room.count;
        room.owner = data.owner_id ?? room.owner;

        if (room.epoch !== data.epoch) {
            room.epoch = data.epoch;
            room.seq = 0;
        }

        room.seq = Math.max(room.seq, data.seq);

        return room;
    }

    // The event may come before the answer; only who did not ask is told.

    async create(name, about) {
        this.creating = true;

        try {
            const room = this.have(await api.createRoom(name, about));

            this.tell('rooms');
            this.loadRoom(room);

            return room.id;
        } finally {
            this.creating = false;
        }
    }

    joined(data) {
        const known = this.rooms.has(data.room_id);
        const room = this.have({ ...data, ID: data.room_id });

        if (!known) {
            this.tell('rooms');
        }

        if (!known && !this.creating) {
            this.tell('notice', `You are now in the room ${room.name}.`);
        }

        this.loadRoom(room);
    }

    updated(data) {
        if (this.rooms.has(data.room_id)) {
            this.changed(this.have({ ...data, ID: data.room_id }));
        }
    }

    left(id) {
        const room = this.rooms.get(id);

        if (!room) {
            return;
        }

        this.rooms.delete(id);
        this.tell('rooms');
        this.tell('notice', `You are no longer in the room ${room.name}.`);

        if (room === this.room) {
            this.open(null);
        }
    }

    changed(room) {
        this.tell('rooms');

        if (room === this.room) {
            this.tell('room');
        }
    }

    unread(room) {
        return room.read === null ? 0 : Math.max(0, room.seq - room.read);
    }

    // The open room.

    open(id) {
        const room = this.rooms.get(id) || null;

        if (room === this.room) {
            return;
        }

        this.room = room;
        this.seeing = false;
        this.tell('rooms');
        this.tell('room');

        if (room) {
            room.timeline ||= new Timeline();

            if (!room.timeline.loaded) {
                this.older();
            }

            this.loadMembers();
        }

        this.tell('messages');
        this.tell('members');
    }

    // The page before what is here, the newest one at first.

    async older(room = this.room) {
        const timeline = room && room.timeline;

        if (!timeline || room.loading || timeline.whole) {
            return;
        }

        const before = timeline.loaded ? timeline.oldest : 0;

        room.loading = true;
        room.failed = '';
        this.tell('messages');

        try {
            const page = await api.history(room.id, before, PAGE);

            if (room.timeline === timeline) {
                if (!timeline.page(page, before)) {
                    this.forget(room);
                }
            }
        } catch (failure) {
            room.failed = failure.message;
        }

        room.loading = false;

        if (!room.failed && !before) {
            this.sync(room);
        }

        this.tell('messages');

        if (room === this.room && !room.failed && !room.timeline.loaded) {
            this.older();
        }
    }

    // The server's history is another one now.

    forget(room) {
        room.timeline = room === this.room ? new Timeline() : null;
        room.read = null;
        this.older();
        this.loadRoom(room);
    }

    // Catching up: one room at a time, so that a refusal has its room.

    sync(room) {
        const timeline = room.timeline;

        if (timeline && timeline.loaded && this.socket.ready
            && room.id !== this.syncing && !this.syncs.includes(room.id))
        {
            this.syncs.push(room.id);
            this.syncNext();
        }
    }

    syncNext() {
        while (!this.syncing && this.syncs.length) {
            const room = this.rooms.get(this.syncs.shift());

            if (room && room.timeline && room.timeline.loaded) {
                this.syncing = room.id;
                this.socket.send({ type: 'sync', room_id: room.id,
                    epoch: room.timeline.epoch,
                    after_seq: room.timeline.mark });
            }
        }
    }

    synced(data) {
        const room = this.rooms.get(data.room_id);
        const timeline = room && room.timeline;

        this.syncing = 0;

        if (timeline && timeline.loaded) {
            const last = data.more ? Math.max(timeline.mark,
                ...data.messages.map(message => message.seq)) : data.seq;

            data.messages.forEach(m => this.outbox.stored(room, m));

            if (!timeline.add(data.messages)
                || data.seq - last > BEHIND_MAX)
            {
                this.forget(room);

            } else {
                timeline.reached(last);

                if (data.more) {
                    this.sync(room);
                }
            }

            room.seq = Math.max(room.seq, data.seq);
            this.changed(room);
            this.messages(room);
        }

        this.syncNext();
    }

    messages(room) {
        if (room === this.room) {
            this.tell('messages');
        }
    }

    // Messages.

    received(message) {
        const room = this.rooms.get(message.room_id);

        if (!room) {
            return;
        }

        this.outbox.stored(room, message);
        room.seq = Math.max(room.seq, message.seq);

        // Who writes has read.

        if (message.sender_id === this.me.ID && room.read !== null) {
            room.read = Math.max(room.read, message.seq);
            room.saved = Math.max(room.saved, message.seq);
        }

        if (room.timeline && room.timeline.loaded) {
            if (!room.timeline.add([message])) {
                this.forget(room);

            } else if (room.timeline.gap) {
                this.sync(room);

            } else if (room !== this.room || this.seeing) {
                room.timeline.trim(KEPT_MAX);
            }
        }

        this.messages(room);
        this.tell('said', { room, message });
        this.tell('rooms');
    }

    refused(frame) {
        if (frame.client_id && this.outbox.refused(frame)) {
            return;
        }

        const room = this.rooms.get(this.syncing);

        if (room && !frame.client_id) {
            this.syncing = 0;
            this.forget(room);
            this.syncNext();
            return;
        }

        this.tell('notice', frame.msg);
    }

    // The end of the open room is on the screen, or not.

    see(seeing) {
        this.seeing = seeing;

        if (seeing) {
            this.readAll();
        }
    }

    readAll() {
        const room = this.room;

        if (room && room.read !== null
            && room.timeline && room.timeline.loaded
            && this.seeing && !document.hidden
            && room.saved < room.timeline.mark)
        {
            room.read = Math.max(room.read, room.timeline.mark);
            this.tell('rooms');
            this.saveRead();
        }
    }

    async sendRead() {
        for (const room of this.rooms.values()) {
            if (room.read > room.saved) {
                try {
                    await api.read(room.id, room.read);
                    room.saved = Math.max(room.saved, room.read);
                } catch {
                    // The next one says it too.
                }
            }
        }
    }

    // Members.

    know(user) {
        this.users.set(user.ID, { ...this.users.get(user.ID), ...user });
    }

    nameOf(id, name) {
        const user = this.users.get(id);

        return user && (user.nike_name || user.username) || name || '';
    }

    async loadMembers() {
        const room = this.room;

        if (!room) {
            return;
        }

        // What is heard of a member after the question may be newer than the
        // answer, and an answer may be overtaken by that of a later question.

        const heard = this.heard = new Map();

        try {
            const list = await api.members(room.id);

            if (heard !== this.heard) {
                return;
            }

            list.forEach(user => this.know(user));
            room.members = new Map(list.map(user => [user.ID,
                { ...user, online: heard.get(user.ID) ?? user.online }]));
            room.count = list.length;
            room.lost = '';
        } catch (failure) {
            if (heard !== this.heard) {
                return;
            }

            room.lost = failure.message;
        }

        if (room === this.room) {
            this.tell('members');
            this.tell('room');
            this.tell('messages');
        }
    }

    // Who is told of as offline may have left the room.

    presence(data) {
        const room = this.rooms.get(data.room_id);
        const member = room && room.members && room.members.get(data.user_id);

        if (member) {
            member.online = data.online;
        }

        if (room && room === this.room) {
            this.heard.set(data.user_id, data.online);
            this.tell('members');
            this.tell('room');

            if (!member || !data.online) {
                this.reloadMembers();
            }
        }
    }

    online(room, user) {
        return user.ID === this.me.ID ? this.socket.ready : user.online;
    }

    async remove(room, user) {
        await api.leaveRoom(room.id, user.ID);
        this.loadMembers();
    }

    profile(data) {
        this.me = { ...this.me, ...data };
        this.know(this.me);
        this.tell('me');
        this.loadMembers();
    }
}
