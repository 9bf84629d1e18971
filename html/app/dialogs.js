// The dialogs.  A refusal is shown in the dialog that asked.

import { api } from './api.js';
import { $, debounced, el, say } from './dom.js';


function errorOf(form) {
    return form.querySelector('.error');
}


// Shows a dialog with nothing in it from the last time.

function show(id) {
    const dialog = $(id);

    for (const form of dialog.querySelectorAll('form')) {
        form.reset();
        say(errorOf(form), '');
    }

    dialog.showModal();

    return dialog;
}


// What a form does, once at a time; its error line says why it did not.

export function onSubmit(form, action) {
    form.addEventListener('submit', async event => {
        const button = form.querySelector('button[type=submit]');

        event.preventDefault();

        if (button.disabled) {
            return;
        }

        button.disabled = true;
        say(errorOf(form), '');

        try {
            await action(form.elements);
        } catch (failure) {
            say(errorOf(form), failure.message);
        }

        button.disabled = false;
    });
}


function formOf(id) {
    return $(id).querySelector('form');
}


export function ask(title, text, yes) {
    const dialog = $('ask-dialog');

    $('ask-title').textContent = title;
    $('ask-text').textContent = text;
    dialog.querySelector('.danger').textContent = yes;
    dialog.returnValue = '';
    dialog.showModal();

    return new Promise(resolve => dialog.addEventListener('close',
        () => resolve(dialog.returnValue === 'yes'), { once: true }));
}


export class Dialogs {

    // go(room id) opens a room, out() ends the session, keep(token) stores a
    // new one.

    constructor(chat, { go, out, keep }) {
        this.chat = chat;
        this.go = go;
        this.out = out;
        this.keep = keep;

        for (const button of document.querySelectorAll('[data-close]')) {
            button.addEventListener('click',
                () => button.closest('dialog').close());
        }

        this.newRoom();
        this.settings();
        this.add();
        this.profile();
    }

    // All of them, or those about the open room.

    close(which = '') {
        document.querySelectorAll(`dialog[open]${which}`)
            .forEach(dialog => dialog.close());
    }

    newRoom() {
        $('room-new').addEventListener('click', () => show('new-dialog'));

        onSubmit(formOf('new-dialog'), async fields => {
            const id = await this.chat.create(fields.name.value,
                fields.description.value);

            $('new-dialog').close();
            this.go(id);
        });
    }

    settings() {
        const form = formOf('room-dialog');
        const { chat } = this;

        $('room-set').addEventListener('click', () => {
            const room = chat.room;
            const may = room.role === 'owner' || room.role === 'admin';

            show('room-dialog');
            form.elements.name.value = room.name;
            form.elements.description.value = room.about;
            form.elements.name.readOnly = !may;
            form.elements.description.readOnly = !may;
            form.querySelector('[type=submit]').hidden = !may;
            $('room-delete').hidden = room.role !== 'owner';
        });

        onSubmit(form, async fields => {
            const room = await api.updateRoom(chat.room.id, fields.name.value,
                fields.description.value);

            chat.changed(chat.have(room));
            $('room-dialog').close();
        });

        $('room-leave').addEventListener('click', () => this.end('Leave room',
            room => `You will no longer see the room ${room.name}.`, 'Leave',
            room => api.leaveRoom(room.id)));

        $('room-delete').addEventListener('click', () => this.end(
            'Delete room', room => `The room ${room.name} and its messages `
                + 'will be gone for all its members.', 'Delete',
            room => api.deleteRoom(room.id)));
    }

    async end(title, text, yes, action) {
        const room = this.chat.room;

        if (!await ask(title, text(room), yes)) {
            return;
        }

        try {
            await action(room);
            this.chat.left(room.id);
        } catch (failure) {
            say(errorOf(formOf('room-dialog')), failure.message);
        }
    }

    add() {
        const form = formOf('add-dialog');
        const input = $('add-name');
        const search = debounced(() => this.search(input.value.trim()), 200);

        $('member-new').addEventListener('click', () => {
            show('add-dialog');
            $('add-list').replaceChildren();
            say($('add-state'), '');
        });

        input.addEventListener('input', search);

        onSubmit(form, fields => this.addUser(
            { user_name: fields.keyword.value }, fields.keyword.value));
    }

    async search(keyword) {
        let users = [];

        try {
            users = keyword ? await api.search(keyword) : [];
        } catch (failure) {
            say($('add-state'), failure.message);
            return;
        }

        if ($('add-name').value.trim() !== keyword) {
            return;
        }

        const members = this.chat.room && this.chat.room.members || new Map();

        users = users.filter(user => !members.has(user.ID));
        say($('add-state'), !keyword ? ''
            : users.length === 0 ? 'Nobody else is found.'
            : users.length === 1 ? 'One user is found.'
            : `${users.length} users are found.`);

        $('add-list').replaceChildren(...users.map(user => el('li', {},
            el('button', { type: 'button', onclick: () => this.pick(user) },
                el('img', { class: 'avatar small', src: user.avatar,
                            alt: '' }), ' ',
                el('span', { class: 'hidden' }, 'Add '),
                el('span', { dir: 'auto', lang: '' },
                    user.nike_name || user.username),
                user.nike_name ? el('span', { class: 'note' },
                    ` ${user.username}`) : null))));
    }

    async pick(user) {
        const error = errorOf(formOf('add-dialog'));

        say(error, '');

        try {
            await this.addUser({ user_id: user.ID },
                user.nike_name || user.username);
        } catch (failure) {
            say(error, failure.message);
        }
    }

    async addUser(user, name) {
        await api.addMember(this.chat.room.id, user);
        this.chat.loadMembers();
        $('add-list').replaceChildren();
        say($('add-state'), `${name} is now a member.`);
        $('add-name').value = '';
        $('add-name').focus();
    }

    profile() {
        const { chat } = this;

        $('me').addEventListener('click', () => {
            const dialog = show('me-dialog');

            dialog.querySelector('img').src = chat.me.avatar;
            $('me-nickname').value = chat.me.nike_name;
            $('me-name').value = chat.me.username;
        });

        onSubmit($('me-form'), async fields => {
            chat.profile(await api.updateMe(
                { nike_name: fields.nike_name.value }));
            $('me-dialog').close();
        });

        $('me-avatar').addEventListener('change', async event => {
            const [file] = event.target.files;
            const error = errorOf($('me-form'));

            event.target.value = '';
            say(error, '');

            try {
                chat.profile(await api.avatar(file));
                $('me-dialog').querySelector('img').src = chat.me.avatar;
            } catch (failure) {
                say(error, failure.message);
            }
        });

        onSubmit($('me-password'), async fields => {
            this.keep(await chat.password(fields.old_password.value,
                fields.new_password.value));
            $('me-dialog').close();
            chat.tell('notice', 'Your password is changed.');
        });

        $('sign-out').addEventListener('click', () => this.out());
    }
}
