// The messages of the open room, and where its reader is in them.

import { isFileUrl } from './api.js';
import { $, announce, arrange, clock, dayName, dayOf, el, say, sizeName }
    from './dom.js';
import { pictureUrl, save, showPicture } from './files.js';

const END_PX = 48;              // so near counts as at the end
const OLDER_PX = 300;           // so near to the top older ones are read
const TOGETHER_MS = 300000;     // messages of one sender in one group


export class History {

    constructor(chat) {
        this.chat = chat;
        this.room = null;
        this.nodes = new Map();
        this.box = $('history');
        this.atEnd = true;
        this.height = 0;

        chat.on('messages state', () => this.render());
        chat.on('said', said => this.said(said));

        this.box.addEventListener('scroll', () => this.scrolled());
        $('older').addEventListener('click', () => chat.older());
        $('newest').addEventListener('click', () => {
            this.toEnd();
            $('text').focus();
        });

        document.addEventListener('visibilitychange',
            () => chat.see(this.atEnd));

        // A keyboard on the screen takes room: the end stays in sight.

        new ResizeObserver(() => {
            if (this.atEnd) {
                this.toEnd();
            }
        }).observe(this.box);
    }

    render() {
        const room = this.chat.room;
        const fresh = room !== this.room;

        if (fresh) {
            this.room = room;
            this.nodes.clear();
            this.atEnd = true;
            $('newest').hidden = true;
        }

        if (!room || !room.timeline) {
            arrange($('messages'), []);
            return;
        }

        const list = $('messages');
        const first = list.querySelector('.message:not(.pending)');
        const top = first && first.offsetTop;

        arrange(list, this.items(room));
        this.states(room);

        if (this.atEnd) {
            this.toEnd();

        } else if (first && first.isConnected) {
            this.box.scrollTop += first.offsetTop - top;
        }

        this.scrolled();
    }

    // All list items in order, with a line where a day begins.

    items(room) {
        const items = [];
        let last = null;

        for (const message of room.timeline.list) {
            const day = dayOf(message.send_time);

            if (!last || dayOf(last.send_time) !== day) {
                items.push(this.node(`d${day}`,
                    () => this.dayLine(day)).item);
                last = null;
            }

            const node = this.node(message.ID, () => this.message(message));

            this.name(node, message);
            node.item.classList.toggle('follows', this.follows(last, message));
            items.push(node.item);
            last = message;
        }

        for (const item of room.outbox) {
            const node = this.node(item.id, () => this.pending(item));

            this.progress(node, room, item);
            items.push(node.item);
        }

        // Nodes of what is not shown any more.

        if (this.nodes.size > items.length * 2 + 10) {
            const shown = new Set(items);

            for (const [key, node] of this.nodes) {
                if (!shown.has(node.item)) {
                    this.nodes.delete(key);
                }
            }
        }

        return items;
    }

    node(key, make) {
        let node = this.nodes.get(key);

        if (!node) {
            node = make();
            this.nodes.set(key, node);
        }

        return node;
    }

    follows(last, message) {
        return last !== null && last.sender_id === message.sender_id
            && Date.parse(message.send_time.replace(' ', 'T'))
               - Date.parse(last.send_time.replace(' ', 'T')) < TOGETHER_MS;
    }

    dayLine(day) {
        return { item: el('li', { class: 'day' }, dayName(day)) };
    }

    message(message) {
        const own = message.sender_id === this.chat.me.ID;
        const name = el('span', { class: 'name', dir: 'auto', lang: '' });
        const avatar = el('img', { class: 'avatar', alt: '', width: 36,
            height: 36 });
        const item = el('li', { class: own ? 'message own' : 'message',
                                'data-id': message.ID },
            own ? null : avatar,
            el('div', { class: 'body' },
                el('p', { class: 'from' }, name, ' ',
                    clock(message.send_time)),
                this.content(message, message.sender_name)));

        return { item, name, avatar };
    }

    name(node, message) {
        const chat = this.chat;
        const user = chat.users.get(message.sender_id);
        const picture = user && user.avatar || message.sender_avatar;
        const name = message.sender_id === chat.me.ID ? 'You'
                   : chat.nameOf(message.sender_id, message.sender_name);

        if (node.name.textContent !== name) {
            node.name.textContent = name;
        }

        if (node.avatar.getAttribute('src') !== picture) {
            node.avatar.src = picture;
        }
    }

    pending(item) {
        const state = el('p', { class: 'state' });
        const name = item.content.file_name;

        return { state, item: el('li', { class: 'message own pending' },
            el('div', { class: 'body' },
                el('p', { class: 'from' },
                    el('span', { class: 'name' }, 'You')),
                name ? el('p', { class: 'content', dir: 'auto', lang: '' },
                          name)
                     : this.content(item, ''),
                state)) };
    }

    progress(node, room, item) {
        const waits = this.chat.offline ? 'Waiting for the connection…'
                    : item.uploading ? 'Uploading…' : 'Sending…';
        const key = item.error || waits;

        if (node.shown === key) {
            return;
        }

        node.shown = key;
        node.item.classList.toggle('failed', item.error !== '');

        if (!item.error) {
            node.state.replaceChildren(waits);
            return;
        }

        const { outbox } = this.chat;
        const why = el('span', { role: 'alert' });

        node.state.replaceChildren(why, ' ',
            el('button', { type: 'button', class: 'link',
                onclick: () => outbox.again(room, item) }, 'Try again'), ' ',
            el('button', { type: 'button', class: 'link',
                onclick: () => outbox.discard(room, item) }, 'Discard'));
        say(why, item.error);
    }

    // Text, picture or file; what is none of these is shown as it came.

    content({ type, content }, sender) {
        const path = typeof content === 'object' && content
                   ? content.file_url : content;

        if (type === 'image' && isFileUrl(path)) {
            return this.picture(path, sender);
        }

        if (type === 'file' && isFileUrl(path)) {
            return this.file(path, content);
        }

        return el('p', { class: 'content', dir: 'auto', lang: '' },
            ...this.links(typeof content === 'string'
                          ? content : JSON.stringify(content)));
    }

    links(text) {
        return text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/u)
            .map((part, i) => i % 2 === 0 ? part
                : el('a', { href: part, target: '_blank',
                            rel: 'noopener noreferrer' }, part));
    }

    picture(path, sender) {
        const title = sender ? `Picture from ${sender}` : 'Picture';
        const image = el('img', { alt: title });
        const button = el('button', { type: 'button', class: 'picture',
            onclick: () => showPicture(path, title) }, image);

        pictureUrl(path).then(url => {
            image.src = url;
        }, failure => {
            button.replaceWith(el('p', { class: 'content note' },
                failure.message));
        });

        return button;
    }

    file(path, content) {
        const name = content.file_name || path.split('/').pop();
        const size = content.file_size ? sizeName(content.file_size) : '';

        return el('p', { class: 'content file' },
            el('button', { type: 'button', class: 'link',
                onclick: () => save(path, name) },
                el('span', { class: 'hidden' }, 'Download '),
                el('span', { dir: 'auto', lang: '' }, name)),
            ' ', el('span', { class: 'note' }, size));
    }

    states(room) {
        const { whole, loaded, list } = room.timeline;

        $('older').hidden = whole || room.loading;
        $('older').textContent = room.failed && !loaded ? 'Try again'
                                                        : 'Older messages';
        say($('history-state'), room.failed ? room.failed
            : room.loading ? 'Loading…'
            : whole && !list.length ? 'No messages yet.'
            : whole ? 'The beginning of this room.' : '');
        this.box.setAttribute('aria-busy', room.loading);
    }

    // Where the reader is.

    toEnd() {
        this.box.scrollTop = this.box.scrollHeight;
    }

    scrolled() {
        const box = this.box;
        const room = this.room;

        // A change of the height is no scroll of the reader's.

        if (box.scrollHeight === this.height || !this.atEnd) {
            this.atEnd = box.scrollHeight - box.scrollTop - box.clientHeight
                         < END_PX;
        }

        this.height = box.scrollHeight;

        if (this.atEnd) {
            $('newest').hidden = true;
        }

        this.chat.see(this.atEnd);

        if (room && room.timeline && room.timeline.loaded && !room.failed
            && !room.loading && box.scrollTop < OLDER_PX)
        {
            this.chat.older();
        }
    }

    said({ room, message }) {
        const own = message.sender_id === this.chat.me.ID;

        if (room !== this.chat.room || own) {
            return;
        }

        const name = this.chat.nameOf(message.sender_id, message.sender_name);
        const text = message.type === 'image' ? 'a picture'
                   : message.type === 'file' ? 'a file'
                   : String(message.content);

        announce(`${name}: ${text.slice(0, 500)}`);
        $('newest').hidden = this.atEnd;
    }
}
