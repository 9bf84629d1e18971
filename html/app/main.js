// The page: who is here, which part of it is shown, and what the keyboard is
// on.

import { api } from './api.js';
import { Chat } from './chat.js';
import { ask, Dialogs, onSubmit } from './dialogs.js';
import { $, announce, notify, say } from './dom.js';
import { forgetPictures } from './files.js';
import { History } from './history.js';
import { Members, Rooms } from './lists.js';

const KEY = 'conference';
const AGAIN_MS = 3000;
const GRACE_MS = 700;           // a socket that is back by then was not missed

const chat = new Chat();
const narrow = matchMedia('(max-width: 719px)');
const wide = matchMedia('(min-width: 1040px)');

let registering = false;
let again = 0;
let grace = 0;


// Views.

function view(name) {
    document.body.dataset.view = name;
    $('sign').hidden = name !== 'sign';
    $('rooms').hidden = name === 'sign' || name === 'wait';
    $('me').hidden = $('rooms').hidden;
    $('nothing').hidden = name !== 'rooms';
    $('room').hidden = name !== 'room';
    showMembers(wide.matches);
}


function showMembers(shown) {
    const open = shown && chat.room !== null;

    $('members').hidden = !open;
    $('members-show').setAttribute('aria-expanded', open);
    document.body.classList.toggle('with-members', open);
}


function banner(text) {
    const line = $('banner').firstElementChild;

    line.hidden = !text;
    line.firstElementChild.textContent = text;
}


// Logging in.

function sign(reason) {
    sessionStorage.removeItem(KEY);
    forgetPictures();
    dialogs.close();
    banner('');
    $('notes').replaceChildren();
    document.title = 'Conference';
    $('sign-form').reset();
    view('sign');
    say($('sign-form').querySelector('.error'), reason);
    $('sign-name').focus();
}


function register(on) {
    registering = on;
    $('sign-title').textContent = on ? 'Create an account' : 'Log in';
    $('sign-form').querySelector('[type=submit]').textContent =
        on ? 'Create account' : 'Log in';
    $('sign-other').textContent = on ? 'I have an account'
                                     : 'Create an account';
    $('sign-hint').hidden = !on;
    $('sign-password').autocomplete = on ? 'new-password' : 'current-password';
    say($('sign-form').querySelector('.error'), '');
}


onSubmit($('sign-form'), async fields => {
    const name = fields.username.value;
    const password = fields.password.value;

    if (registering) {
        await api.register(name, password);
        register(false);
    }

    const { token } = await api.login(name, password);

    sessionStorage.setItem(KEY, token);
    $('sign-form').reset();
    await begin();
});


$('sign-other').addEventListener('click', () => {
    register(!registering);
    $('sign-name').focus();
});


async function begin() {
    const token = sessionStorage.getItem(KEY);

    clearTimeout(again);

    if (!token) {
        sign('');
        return;
    }

    try {
        await chat.start(token);
    } catch (failure) {
        if (failure.status !== 401) {
            banner(failure.message);
            again = setTimeout(begin, AGAIN_MS);
        }

        return;
    }

    banner('');
    view('rooms');
    $('rooms-title').focus();
}


// The room in the address: a reload stays there, "back" leaves it.

function route() {
    const [, id] = location.hash.match(/^#\/room\/(\d+)$/) || [];

    if (!chat.me || !chat.listed) {
        return;
    }

    if (id && !chat.rooms.has(Number(id))) {
        location.replace('#/');
        return;
    }

    chat.open(id ? Number(id) : null);
}


function go(id) {
    location.hash = `#/room/${id}`;
}


let routed = false;

chat.on('rooms', () => {
    if (chat.listed && !routed) {
        routed = true;
        route();
    }
});

let shown = null;

chat.on('room', () => {
    const room = chat.room;

    if (!chat.me) {
        return;
    }

    if (room !== shown) {
        dialogs.close('[data-room]');
        view(room ? 'room' : 'rooms');
        $('text').value = room && room.draft || '';
    }

    if (room) {
        $('room-name').textContent = room.name;
        $('room-about').textContent = room.about;
    }

    if (room !== shown) {
        focusRoom(room);
        shown = room;
    }
});


chat.on('room members state', () => {
    const members = chat.room && chat.room.members;

    if (members) {
        const there = [...members.values()].filter(user =>
            chat.online(chat.room, user));

        $('members-show').textContent =
            `${there.length} of ${members.size} online`;
    } else {
        $('members-show').textContent = 'Members';
    }
});


function focusRoom(room) {
    if (!room) {
        if (location.hash !== '#/') {
            location.replace('#/');
        }

        $('rooms-title').focus();

    } else if (narrow.matches) {
        $('room-name').focus();

    } else {
        $('text').focus();
    }

    fit();
}


addEventListener('hashchange', route);


// Members beside the room, or over it where there is no place.

$('members-show').addEventListener('click', () => {
    const open = $('members').hidden;

    showMembers(open);

    if (open) {
        $('members-title').focus();
    }
});

$('members-hide').addEventListener('click', hideMembers);

$('members').addEventListener('keydown', event => {
    if (event.key === 'Escape' && !wide.matches) {
        hideMembers();
    }
});


function hideMembers() {
    showMembers(false);
    $('members-show').focus();
}


wide.addEventListener('change', () => showMembers(wide.matches));


// Writing.

function fit() {
    const text = $('text');

    text.style.height = 'auto';
    text.style.height = `${Math.min(text.scrollHeight + 2, 160)}px`;
}


$('text').addEventListener('input', () => {
    chat.room.draft = $('text').value;
    fit();
});

$('text').addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        $('composer').requestSubmit();
    }
});

$('composer').addEventListener('submit', event => {
    const text = $('text').value.trim();

    event.preventDefault();

    if (text) {
        $('text').value = '';
        chat.room.draft = '';
        fit();
        history.atEnd = true;
        chat.outbox.say(text);
    }

    $('text').focus();
});


// Files: chosen, pasted or dropped.

function attach(files) {
    history.atEnd = true;
    Array.from(files, file => chat.outbox.attach(file));
}


$('attach').addEventListener('change', event => {
    attach(event.target.files);
    event.target.value = '';
});

$('text').addEventListener('paste', event => {
    if (event.clipboardData.files.length) {
        event.preventDefault();
        attach(event.clipboardData.files);
    }
});

$('room').addEventListener('dragover', event => {
    if (event.dataTransfer.types.includes('Files')) {
        event.preventDefault();
    }
});

$('room').addEventListener('drop', event => {
    if (event.dataTransfer.files.length) {
        event.preventDefault();
        attach(event.dataTransfer.files);
    }
});


// The rest.

chat.on('state', () => {
    clearTimeout(grace);

    if (chat.offline) {
        grace = setTimeout(() =>
            banner('The connection is lost. Connecting again…'), GRACE_MS);
    } else if (!$('banner').firstElementChild.hidden) {
        banner('');
        announce('Connected again.');
    }
});

document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
        chat.sendRead();
    }
});

$('banner').querySelector('button').addEventListener('click', () => {
    if (chat.me) {
        chat.socket.retry();
    } else {
        begin();
    }
});

chat.on('me', () => {
    $('me').querySelector('img').src = chat.me.avatar;
    $('me').querySelector('.name').textContent =
        chat.me.nike_name || chat.me.username;
});

chat.on('notice', notify);

chat.on('ended', reason => {
    clearTimeout(grace);
    routed = false;
    shown = null;
    sign(reason);
});

new Rooms(chat);
new Members(chat, ask);

const history = new History(chat);
const dialogs = new Dialogs(chat, {
    go,
    out: () => chat.end(''),
    keep: token => sessionStorage.setItem(KEY, token)
});

addEventListener('pageshow', event => {
    if (event.persisted && chat.me) {
        chat.socket.retry();
    }
});

begin();
