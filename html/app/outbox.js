// What is on its way: messages that were written and did not come back yet.
// Each has an id of its own, by which the server knows what it has already,
// so sending twice is harmless.

import { api } from './api.js';
import { newId } from './dom.js';

const ANSWER_MS = 10000;        // then the socket is in doubt
const IMAGES = ['.png', '.jpg', '.gif', '.webp'];


export class Outbox {

    constructor(chat) {
        this.chat = chat;
    }

    say(text) {
        this.add({ type: 'text', content: text });
    }

    attach(file) {
        this.add({ type: 'upload', content: { file_name: file.name,
            file_size: file.size }, file });
    }

    add(item) {
        const room = this.chat.room;

        Object.assign(item, { id: newId(), error: '', timer: 0 });
        room.outbox.push(item);
        this.chat.messages(room);
        this.post(room, item);
    }

    // Through a new socket.

    flush() {
        for (const room of this.chat.rooms.values()) {
            room.outbox.forEach(item => this.post(room, item));
        }
    }

    async post(room, item) {
        if (item.error || item.uploading) {
            return;
        }

        if (item.type === 'upload') {
            await this.upload(room, item);
        }

        if (item.error || !room.outbox.includes(item)) {
            return;
        }

        clearTimeout(item.timer);

        if (this.chat.socket.send({ room_id: room.id, type: item.type,
            content: item.content, client_id: item.id }))
        {
            item.timer = setTimeout(() => this.doubt(room, item), ANSWER_MS);
        }

        this.chat.messages(room);
    }

    async upload(room, item) {
        item.uploading = true;
        this.chat.messages(room);

        try {
            const file = await api.upload(room.id, item.file);
            const image = IMAGES.includes(file.file_type);

            item.type = image ? 'image' : 'file';
            item.content = image ? file.file_url : file;
        } catch (failure) {
            this.fail(room, item, failure.message);
        }

        item.uploading = false;
    }

    // A dead socket is noticed by its ping, and what waits is sent again
    // through the next one.  One that lives has lost this message.

    doubt(room, item) {
        this.chat.socket.check();
        item.timer = setTimeout(() => this.fail(room, item,
            'The server did not answer.'), ANSWER_MS);
    }

    fail(room, item, text) {
        clearTimeout(item.timer);

        // A socket that is gone will be there again.

        if (this.chat.socket.ready || item.type === 'upload') {
            item.error = text;
            this.chat.messages(room);
        }
    }

    // The server has refused it: true when it is one of these.

    refused({ client_id, msg }) {
        for (const room of this.chat.rooms.values()) {
            const item = room.outbox.find(i => i.id === client_id);

            if (item) {
                this.fail(room, item, msg);

                return true;
            }
        }

        return false;
    }

    // One of ours has come back.

    stored(room, { sender_id, client_id }) {
        if (sender_id === this.chat.me.ID && client_id) {
            this.discard(room, room.outbox.find(i => i.id === client_id));
        }
    }

    discard(room, item) {
        if (item) {
            clearTimeout(item.timer);
            room.outbox = room.outbox.filter(i => i !== item);
            this.chat.messages(room);
        }
    }

    again(room, item) {
        item.error = '';
        this.chat.messages(room);
        this.post(room, item);
    }
}
