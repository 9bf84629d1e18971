// The lists beside the messages: rooms with their counters, members with
// their presence.

import { $, arrange, el, notify, say } from './dom.js';

const byName = new Intl.Collator(undefined, { numeric: true });


export class Rooms {

    constructor(chat) {
        this.chat = chat;
        this.nodes = new Map();
        chat.on('rooms', () => this.render());
    }

    render() {
        const chat = this.chat;
        const rooms = [...chat.rooms.values()].sort((a, b) =>
            byName.compare(a.name, b.name) || a.id - b.id);
        const total = rooms.reduce((n, room) => n + chat.unread(room), 0);

        arrange($('rooms-list'), rooms.map(room => this.item(room)));

        for (const id of this.nodes.keys()) {
            if (!chat.rooms.has(id)) {
                this.nodes.delete(id);
            }
        }

        say($('rooms-state'), !chat.listed ? 'Loading…'
            : rooms.length ? '' : 'You are in no room yet.');
        document.title = (total ? `(${total}) ` : '') + 'Conference';
    }

    item(room) {
        let node = this.nodes.get(room.id);

        if (!node) {
            node = this.make(room);
            this.nodes.set(room.id, node);
        }

        const unread = this.chat.unread(room);

        if (node.name.textContent !== room.name) {
            node.name.textContent = room.name;
        }

        node.about.textContent = room.about;
        node.count.hidden = unread === 0;
        node.number.textContent = unread > 99 ? '99+' : unread;
        node.unit.textContent = unread === 1 ? ' unread message'
                                             : ' unread messages';

        if (room === this.chat.room) {
            node.link.setAttribute('aria-current', 'page');
        } else {
            node.link.removeAttribute('aria-current');
        }

        return node.item;
    }

    make(room) {
        const name = el('span', { class: 'name', dir: 'auto', lang: '' });
        const about = el('span', { class: 'note', dir: 'auto', lang: '' });
        const number = el('span');
        const unit = el('span', { class: 'hidden' });
        const count = el('span', { class: 'count' }, number, unit);
        const link = el('a', { href: `#/room/${room.id}` },
            el('span', { class: 'title' }, name, ' ', about), ' ', count);

        return { item: el('li', {}, link), link, name, about, count, number,
                 unit };
    }
}


const ranks = { member: 1, admin: 2, owner: 3 };


export class Members {

    constructor(chat, confirm) {
        this.chat = chat;
        this.confirm = confirm;
        this.nodes = new Map();
        this.room = null;
        chat.on('members room state', () => this.render());
    }

    render() {
        const chat = this.chat;
        const room = chat.room;

        if (room !== this.room) {
            this.room = room;
            this.nodes.clear();
        }

        if (!room || !room.members) {
            arrange($('members-list'), []);
            say($('members-state'), room ? room.lost || 'Loading…' : '');
            return;
        }

        const members = [...room.members.values()].sort((a, b) =>
            chat.online(room, b) - chat.online(room, a)
            || byName.compare(chat.nameOf(a.ID), chat.nameOf(b.ID)));

        arrange($('members-list'), members.map(user => this.item(room, user)));
        say($('members-state'), room.lost);
    }

    // A row is made anew when something in it has changed.

    item(room, user) {
        const online = this.chat.online(room, user);
        const removable = user.ID !== this.chat.me.ID
            && ranks[room.role] > (ranks[user.role] || 0)
            && ranks[room.role] > 1;
        const key = [online, removable, user.role, user.nike_name,
                     user.username, user.avatar].join('\n');
        let node = this.nodes.get(user.ID);

        if (!node || node.key !== key) {
            node = { key, item: this.make(room, user, online, removable) };
            this.nodes.set(user.ID, node);
        }

        return node.item;
    }

    make(room, user, online, removable) {
        const name = user.nike_name || user.username;
        const own = user.ID === this.chat.me.ID;

        return el('li', { class: online ? 'online' : 'offline' },
            el('span', { class: 'face' },
                el('img', { class: 'avatar', src: user.avatar, alt: '',
                            width: 36, height: 36 }),
                el('span', { class: 'dot' })),
            el('span', { class: 'title' },
                el('span', { class: 'name', dir: 'auto', lang: '' }, name),
                own ? ' (you)' : null,
                el('span', { class: 'hidden' }, online ? ', online'
                                                       : ', offline'),
                el('span', { class: 'note' },
                    el('span', { class: 'hidden' }, ', '),
                    [name === user.username ? '' : user.username,
                     user.role === 'member' ? '' : user.role]
                        .filter(text => text).join(' · '))),
            removable ? el('button', { type: 'button', class: 'plain',
                onclick: () => this.remove(room, user, name) }, 'Remove',
                el('span', { class: 'hidden' }, ` ${name}`)) : null);
    }

    async remove(room, user, name) {
        if (!await this.confirm('Remove member',
            `${name} will no longer see the room ${room.name}.`, 'Remove'))
        {
            return;
        }

        try {
            await this.chat.remove(room, user);
        } catch (failure) {
            notify(failure.message);
        }
    }
}
