// Administration.  One view at a time, named by the address; each is read
// anew when it is opened, and those that change by themselves now and then.

import { $, announce, el, say } from '../app/dom.js';
import { onSubmit } from '../app/dialogs.js';
import { api, setToken } from './api.js';
import { showLoad } from './load.js';

const KEY = 'conference-admin';
const AGAIN = 15000;

const pages = { users: 1, meetings: 1, audit: 1 };

let me = null;
let view = null;
let turn = 0;
let chosen = null;


// Times come as UTC, and are shown as the reader's own.

function time(text) {
    return !text ? '' : el('time', { datetime: text },
        new Date(text).toLocaleString('en', { dateStyle: 'medium',
            timeStyle: 'short', hour12: false }));
}


// What a phone has no room for is of the class "more".

const cell = (child, kind) => el('td', { class: kind }, child ?? '');

const row = (...children) => el('tr', {}, ...children);


// The line below a table: where one is, and how to go on.

function paging(name, { page, total_pages: count }) {
    const line = document.querySelector(`[data-pages=${name}]`);

    const go = (text, to) => el('button', { type: 'button',
        disabled: to < 1 || to > count, onclick() {
            pages[name] = to;
            refresh(true);
        } }, text);

    line.hidden = count < 2;
    line.replaceChildren(go('Previous', page - 1),
        el('span', {}, `Page ${page} of ${count}`), go('Next', page + 1));
}


function counted(name, total, one, many) {
    say($(`${name}-state`), total === 1 ? `1 ${one}` : `${total} ${many}`);
}


// Users

function nameOf(user) {
    const name = user.nickname ? `${user.username} (${user.nickname})`
        : user.username;

    return el('span', {}, el('span', {}, name), user.email
        ? el('span', { class: 'note line' }, user.email) : null);
}


function state(user) {
    const until = user.banned_until;

    return user.status === 'banned' && until
        ? el('span', {}, 'banned until ', time(until))
        : user.role === 'admin' ? `${user.status}, admin` : user.status;
}


function userActions(user) {
    const named = (text, action) => el('button', { type: 'button',
        'aria-label': `${text} ${user.username}`,
        class: text === 'Delete' && 'danger',
        onclick: action }, text);

    if (user.status === 'deleted' || user.user_id === me.user_id) {
        return '';
    }

    return el('span', {},
        user.status === 'banned'
            ? named('Unban', () => unban(user))
            : named('Ban', () => choose('ban-dialog', user)),
        named('Delete', () => choose('delete-dialog', user)));
}


async function users() {
    const form = $('users-form').elements;
    const data = await api.users({ page: pages.users, page_size: 20,
        keyword: form.keyword.value.trim(), status: form.status.value });

    return () => {
        counted('users', data.total, 'user', 'users');
        $('users-list').replaceChildren(...data.users.map(user => row(
            cell(user.user_id, 'number more'), cell(nameOf(user)),
            cell(state(user)), cell(time(user.created_at), 'more'),
            cell(time(user.last_login), 'more'),
            cell(userActions(user)))));
        paging('users', data);
    };
}


// Opens a dialog about a user.

function choose(id, user) {
    const dialog = $(id);
    const form = dialog.querySelector('form');

    chosen = user;
    form.reset();
    say(form.querySelector('.error'), '');
    dialog.querySelector('h2').textContent =
        `${id === 'ban-dialog' ? 'Ban' : 'Delete'} ${user.username}`;
    dialog.showModal();
}


async function done(text) {
    announce(text);
    await refresh(true);
    $(`${view}-title`).focus();
}


async function unban(user) {
    try {
        await api.unban(user.user_id);
        await done(`${user.username} may come again.`);
    } catch (failure) {
        say($('error'), failure.message);
    }
}


// Meetings

async function people(meeting) {
    say($('people-state'), '');
    $('people-title').textContent = `Participants of ${meeting.title}`;
    $('people-list').replaceChildren();
    $('people-dialog').showModal();

    try {
        const { participants } = await api.participants(meeting.meeting_id);

        say($('people-state'), participants.length === 0
            ? 'Nobody takes part.' : '');
        $('people-list').replaceChildren(...participants.map(one => row(
            cell(nameOf(one)), cell(one.role), cell(one.status), cell(time(one.joined_at)))));
    } catch (failure) {
        say($('people-state'), failure.message);
    }
}


async function meetings() {
    const data = await api.meetings({ page: pages.meetings, page_size: 20 });

    return () => {
        counted('meetings', data.total, 'meeting with somebody in it',
            'meetings with somebody in them');
        $('meetings-list').replaceChildren(...data.meetings.map(meeting =>
            row(cell(meeting.meeting_id, 'number more'), cell(meeting.title),
                cell(meeting.status, 'more'),
                cell(time(meeting.started_at), 'more'),
                cell(meeting.participant_count, 'number'),
                cell(meeting.connected_count, 'number'),
                cell(el('button', { type: 'button',
                    'aria-label': `Participants of ${meeting.title}`,
                    onclick: () => people(meeting) },
                    String(meeting.member_count))))));
        paging('meetings', data);
    };
}


// Load, and what admins did

async function load() {
    const { status } = await api.status();

    return () => showLoad(status);
}


async function audit() {
    const data = await api.audit({ page: pages.audit, page_size: 50 });

    return () => {
        counted('audit', data.total, 'action', 'actions');
        $('audit-list').replaceChildren(...data.entries.map(one => row(
            cell(time(one.time)), cell(one.actor_name),
            cell(one.action), cell(one.username), cell(one.detail))));
        paging('audit', data);
    };
}


const views = { users, meetings, load, audit };


// Reads the view; what was asked for before another view was opened, or with
// another filter, is not shown any more.

async function refresh(loud) {
    const mine = ++turn;

    if (!me) {
        return;
    }

    try {
        const show = await views[view]();

        if (mine === turn) {
            say($('error'), '');
            show();
        }

    } catch (failure) {
        if (mine === turn && (loud || failure.status !== 0)) {
            say($('error'), failure.message);
        }
    }
}


function open() {
    const wanted = location.hash.slice(1);

    view = wanted in views ? wanted : 'users';

    for (const name of Object.keys(views)) {
        $(name).hidden = !me || name !== view;
    }

    for (const link of $('views').children) {
        if (link.hash === `#${view}`) {
            link.setAttribute('aria-current', 'page');
        } else {
            link.removeAttribute('aria-current');
        }
    }

    $('sign').hidden = Boolean(me);
    $('views').hidden = !me;
    $('out').hidden = !me;
    say($('error'), '');
    refresh(true);
}


// Who is not an admin is told so, and is not logged in here.

function sign(login) {
    me = login?.user || null;
    setToken(login?.token || null);

    if (login) {
        sessionStorage.setItem(KEY, JSON.stringify(login));
    } else {
        sessionStorage.removeItem(KEY);
        document.querySelectorAll('dialog[open]')
            .forEach(dialog => dialog.close());
        document.querySelectorAll('tbody')
            .forEach(body => body.replaceChildren());
        document.querySelectorAll('form').forEach(form => form.reset());
    }

    open();
}


async function login(fields) {
    const { token, user } = await api.login(fields.username.value.trim(),
        fields.password.value);

    setToken(token);

    try {
        await api.users({ page_size: 1 });
    } catch (failure) {
        setToken(null);
        throw failure.status === 403
            ? new Error('This account is not an admin.') : failure;
    }

    fields.password.value = '';
    sign({ token, user });
    $(`${view}-title`).focus();
}


function expired() {
    sign(null);
    say($('sign').querySelector('.error'),
        'The session has ended. Please log in again.');
    $('sign-name').focus();
}


onSubmit($('sign-form'), login);

onSubmit($('ban-dialog').querySelector('form'), async fields => {
    const hours = Number(fields.duration.value);

    await api.ban(chosen.user_id, {
        reason: fields.reason.value.trim(), ...hours ? { duration: hours } : {}
    });
    $('ban-dialog').close();
    await done(`${chosen.username} is banned.`);
});

onSubmit($('delete-dialog').querySelector('form'), async () => {
    await api.remove(chosen.user_id);
    $('delete-dialog').close();
    await done(`${chosen.username} is deleted.`);
});

$('users-form').addEventListener('submit', event => {
    event.preventDefault();
    pages.users = 1;
    refresh(true);
});

$('users-status').addEventListener('change', () => {
    pages.users = 1;
    refresh(true);
});

for (const button of document.querySelectorAll('[data-close]')) {
    button.addEventListener('click',
        () => button.closest('dialog').close());
}

$('out').addEventListener('click', async () => {
    await api.logout().catch(() => {});
    sign(null);
    $('sign-name').focus();
});

addEventListener('hashchange', () => {
    open();

    if (me) {
        $(`${view}-title`).focus();
    }
});

setInterval(() => {
    if (me && !document.hidden && (view === 'load' || view === 'meetings')) {
        refresh(false);
    }
}, AGAIN);

setToken(null, expired);
sign(JSON.parse(sessionStorage.getItem(KEY)));
