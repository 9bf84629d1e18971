// Two users and the page: see t/800-page.t.

import fs from 'node:fs';
import { accessible, comes, dir, end, is, launch, ok, person, quiet, server,
         shot, tabTo, url, WAIT } from './driver.mjs';

const browser = await launch();


// Steps that many tests need.

async function rest(page, path, json) {
    return page.evaluate(async ([where, body]) => {
        const reply = await fetch(where, { method: 'POST',
            headers: { Authorization:
                `Bearer ${sessionStorage.getItem('conference')}` },
            body: JSON.stringify(body) });

        return (await reply.json()).data;
    }, [path, json]);
}


async function say(page, text) {
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
}


const message = (page, text) => page.locator(
    '#messages .message:not(.pending) .content', { hasText: text });
const pending = page => page.locator('#messages .pending');
const member = (page, name) => page.locator('#members-list li',
    { has: page.getByText(name, { exact: true }) });
const roomLink = (page, name) => page.locator('#rooms-list a',
    { hasText: name });
const shownMessages = page => page.locator('#messages [data-id]').count();
const atEnd = page => page.waitForFunction(() => {
    const box = document.getElementById('history');

    return box.scrollHeight - box.scrollTop - box.clientHeight < 48;
});


// What follows the socket, with frames in every order.

async function models(page) {
    return page.evaluate(async () => {
        const { Chat } = await import('/app/chat.js');
        const { Timeline } = await import('/app/timeline.js');
        const found = {};
        const line = (seq, epoch = 7) => ({ ID: seq * 10, seq, epoch,
            room_id: 1, sender_id: 2, sender_name: 'bob', type: 'text',
            content: `${seq}`, send_time: '2024-05-07 15:23:30' });
        const lines = (first, last) => Array.from(
            { length: last - first + 1 }, (_, i) => line(first + i));

        const make = () => {
            const chat = new Chat();

            chat.sent_ = [];
            chat.me = { ID: 1 };
            chat.socket.ready = true;
            chat.socket.send = data => chat.sent_.push(data);
            chat.room = chat.have({ ID: 1, name: '', epoch: 7, seq: 10 });
            chat.room.timeline = new Timeline();
            chat.room.timeline.page(lines(6, 10).reverse(), 0);

            return chat;
        };

        const live = (chat, seq, epoch) => chat.frame({ code: 0,
            data: line(seq, epoch) });
        const sync = (chat, list, seq, more) => chat.frame({ code: 3, data: {
            type: 'sync', room_id: 1, epoch: 7, seq, more,
            messages: list } });
        const seqs = chat => chat.room.timeline.list.map(m => m.seq)
            .join(' ');

        let chat = make();
        live(chat, 11);
        live(chat, 11);
        live(chat, 12);
        found.twice = [seqs(chat), chat.room.timeline.mark];

        // 14 comes, 13 does not: it is asked for, and what is live meanwhile
        // is no part of the answer.

        chat = make();
        live(chat, 14);
        live(chat, 15);
        found.asked = chat.sent_.map(m => [m.type, m.epoch, m.after_seq]);
        sync(chat, lines(11, 12), 15, true);
        live(chat, 16);
        found.asked2 = chat.sent_.map(m => m.after_seq);
        sync(chat, lines(13, 15), 16, false);
        found.filled = [seqs(chat), chat.room.timeline.mark,
                        chat.room.timeline.gap, chat.sent_.length];

        // A refusal of the catching up, and another epoch: all anew.

        chat = make();
        live(chat, 14);
        chat.older = () => {};
        chat.loadRoom = () => {};
        chat.frame({ code: 1, msg: 'x', data: null });
        found.refused = [seqs(chat), chat.room.timeline.loaded];
        chat.room.timeline.page(lines(1, 3).reverse(), 0);
        live(chat, 4, 8);
        found.epoch = [seqs(chat), chat.room.timeline.loaded];

        // Too much to catch up with.

        chat = make();
        chat.older = () => {};
        chat.loadRoom = () => {};
        chat.sync(chat.room);
        sync(chat, lines(11, 20), 5000, true);
        found.far = [seqs(chat), chat.room.timeline.loaded];

        // Frames that are not for this page.

        chat = make();
        chat.frame({ code: 0, msg: '', data: null });
        chat.frame({ code: 0, data: { ...line(0), ID: 0 } });
        chat.frame({ code: 2, data: null });
        chat.frame({ code: 3, data: { type: 'unheard-of' } });
        chat.frame({ code: 0, data: { ...line(11), room_id: 99 } });
        found.foreign = [seqs(chat), chat.sent_.length];

        // Presence is heard while an older list of members is on its way,
        // and lists overtake each other.

        const { api } = await import('/app/api.js');
        const { members } = api;
        const asked = [];
        const list = online => [{ ID: 2, username: 'bob', online }];
        const bob = () => chat.room.members.get(2).online;

        api.members = () => new Promise(answer => asked.push(answer));
        chat = make();
        chat.reloadMembers = () => {};

        const loads = [chat.loadMembers(), chat.loadMembers()];
        chat.frame({ code: 3, data: { type: 'presence', room_id: 1,
            user_id: 2, online: true } });
        asked[1](list(false));
        await loads[1];
        found.presence = [bob()];

        loads.push(chat.loadMembers());
        asked[2](list(false));
        await loads[2];
        asked[0](list(true));
        await loads[0];
        found.presence.push(bob());
        chat.frame({ code: 3, data: { type: 'presence', room_id: 1,
            user_id: 2, online: true } });
        found.presence.push(bob());
        api.members = members;

        // No more than what one can look at.

        chat = make();
        chat.seeing = true;
        lines(11, 2000).forEach(m => live(chat, m.seq));
        found.long = [chat.room.timeline.list.length <= 500,
                      chat.room.timeline.newest,
                      chat.room.timeline.whole];

        return found;
    });
}


// Registering and logging in; alice only has a keyboard.

const alice = await person(browser);
const bob = await person(browser);

await alice.goto(url);
await alice.waitForSelector('#sign:not([hidden])');
is(await alice.evaluate(() => document.activeElement.id), 'sign-name',
   'the name is asked for');

const model = await models(alice);

is(JSON.stringify(model.twice), '["6 7 8 9 10 11 12",12]',
   'a message that comes twice is one');
is(JSON.stringify(model.asked), '[["sync",7,10]]',
   'a gap is asked for, once');
is(JSON.stringify(model.asked2), '[10,12]', 'page by page');
is(JSON.stringify(model.filled), '["6 7 8 9 10 11 12 13 14 15 16",16,false,2]',
   'and filled, whatever comes meanwhile');
is(JSON.stringify(model.refused), '["",false]',
   'history is read anew when catching up is refused');
is(JSON.stringify(model.epoch), '["",false]', 'and when the epoch is new');
is(JSON.stringify(model.far), '["",false]', 'and when too much was missed');
is(JSON.stringify(model.foreign), '["6 7 8 9 10",0]',
   'other frames change nothing');
is(JSON.stringify(model.presence), '[true,false,true]',
   'presence is what was heard last');
is(JSON.stringify(model.long), '[true,2000,false]',
   'a room does not grow for ever');

await accessible(alice, 'log in');
await shot(alice, 'sign');

ok(await tabTo(alice, '#sign-other'), 'registering is reached with Tab');
await alice.keyboard.press('Enter');
is(await alice.textContent('#sign-title'), 'Create an account',
   'the form is the other one');
await alice.keyboard.type('alice');
await tabTo(alice, '#sign-password');
await alice.keyboard.type('short');
await alice.keyboard.press('Enter');
await comes(alice.waitForSelector('#sign .error[lang=zh]:not(:empty)'),
    'a refusal is shown as the server says it');
await shot(alice, 'sign-refused');
await tabTo(alice, '#sign-password');
await alice.fill('#sign-password', '');
await alice.keyboard.type('password1');
await alice.keyboard.press('Enter');
await comes(alice.waitForSelector('#rooms-title:focus'),
    'alice has registered, and is at the rooms');
quiet(alice, 'registering');

await bob.goto(url);
await bob.click('#sign-other');
await bob.fill('#sign-name', 'bob');
await bob.fill('#sign-password', 'password1');
await bob.click('#sign-form [type=submit]');
await comes(bob.waitForSelector('#rooms-state:has-text("in no room")'),
    'bob has registered, and has no room');


// A room, and a second member in it.

ok(await tabTo(alice, '#room-new'), 'a new room is reached with Tab');
await alice.keyboard.press('Enter');
await alice.waitForSelector('#new-dialog[open]');
await accessible(alice, 'new room');
await alice.keyboard.type('Garden');
await alice.keyboard.press('Tab');
await alice.keyboard.type('What grows, and what does not');
await alice.keyboard.press('Enter');
await comes(alice.waitForSelector('#text:focus'),
    'the new room is open, its text field has the focus');
is(await alice.textContent('#room-name'), 'Garden', 'it is the new one');
await comes(alice.waitForSelector('#history-state:has-text("No messages")'),
    'it is empty');

await alice.click('#member-new');
await alice.keyboard.type('ob');
await comes(alice.waitForSelector('#add-list button:has-text("bob")'),
    'a user is found by a part of the name');
await accessible(alice, 'add a member');
await shot(alice, 'add');
await alice.click('#add-list button:has-text("bob")');
await comes(alice.waitForSelector('#add-state:has-text("bob is now")'),
    'and added');
await alice.keyboard.type('nobody-of-this-name');
await alice.keyboard.press('Enter');
await comes(alice.waitForSelector('#add-dialog .error:not(:empty)'),
    'who does not exist is not');
await alice.keyboard.press('Escape');
is(await alice.evaluate(() => document.activeElement.id), 'member-new',
   'a dialog gives the focus back');

await comes(roomLink(bob, 'Garden').waitFor(), 'bob sees the room at once');
await roomLink(bob, 'Garden').click();
await comes(member(alice, 'bob').and(alice.locator('.online')).waitFor(),
    'alice sees that bob is there');
await comes(member(bob, 'alice').and(bob.locator('.online')).waitFor(),
    'bob sees that alice is');
ok((await member(alice, 'bob').textContent()).includes('online'),
   'also in words');


// Both ways.

await alice.focus('#text');
await alice.keyboard.type('hello bob');
await alice.keyboard.press('Shift+Enter');
await alice.keyboard.type('how are you? See http://127.0.0.1/x.');
await alice.keyboard.press('Enter');
await comes(message(bob, 'hello bob\nhow').waitFor(), 'bob hears alice');
await comes(message(alice, 'hello bob').waitFor(), 'so does she');
is(await pending(alice).count(), 0, 'nothing waits any more');
is(await alice.inputValue('#text'), '', 'the field is empty again');
is(await message(bob, 'hello').locator('a').getAttribute('href'),
   'http://127.0.0.1/x', 'an address is a link');

await say(bob, 'fine <b>&amp; you</b>');
await comes(message(alice, 'fine <b>&amp; you</b>').waitFor(),
    'alice hears bob, to the letter');
await comes(alice.waitForSelector('#live :text("bob: fine")',
    { state: 'attached' }), 'it is read out');
await say(alice, 'well');
await say(bob, 'fine, the same again');
await say(bob, 'fine, the same again');
await comes(message(alice, 'the same again').nth(1).waitFor(),
    'the same twice is two messages');
await atEnd(alice);
ok(true, 'the newest is in sight');
await accessible(alice, 'room');
await shot(alice, 'room');
quiet(alice, 'alice chats');
quiet(bob, 'bob chats');


// Counters.

const second = await rest(alice, 'api/room/create',
    { name: 'Kitchen', description: '' });

await rest(alice, 'api/room/add_user', { room_id: second.ID, user_id: 2 });
await comes(roomLink(bob, 'Kitchen').waitFor(), 'a second room');

for (const n of [1, 2, 3]) {
    await rest(alice, 'api/message/send',
        { room_id: second.ID, type: 'text', content: `soup ${n}` });
}

await comes(roomLink(bob, 'Kitchen').getByText('3 unread messages').waitFor(),
    'three are unread');
await comes(bob.waitForFunction(() => document.title.startsWith('(3) ')),
    'the title says so too');
await bob.reload();
await comes(roomLink(bob, 'Kitchen').getByText('3 unread messages').waitFor(),
    'still after a reload, which keeps the session');
is(await bob.textContent('#room-name'), 'Garden', 'and the room');

const read = bob.waitForResponse(r => r.url().includes('api/message/read'));

await roomLink(bob, 'Kitchen').click();
await comes(roomLink(bob, 'Kitchen').locator('.count')
    .waitFor({ state: 'hidden' }), 'read, when the room is open');
await comes(read, 'and the server is told');
await comes(bob.waitForFunction(async id => (await (await fetch(
    `api/room/info?room_id=${id}`, { headers: { Authorization:
        `Bearer ${sessionStorage.getItem('conference')}` } })).json())
    .data.read_seq === 3, second.ID), 'which keeps it');
quiet(bob, 'counters');


// History, backwards.

const third = await rest(alice, 'api/room/create',
    { name: 'Long', description: 'A long story' });

for (let n = 1; n <= 75; n++) {
    await rest(alice, 'api/message/send',
        { room_id: third.ID, type: 'text', content: `line ${n}.` });
}

await roomLink(alice, 'Long').click();
await message(alice, 'line 75.').waitFor();
await atEnd(alice);
const page1 = await shownMessages(alice);
ok(page1 >= 30 && page1 < 75, 'not all is read at first');

await alice.focus('#history');

const seen = await alice.evaluate(() => {
    const box = document.getElementById('history');
    const first = document.querySelector('#messages [data-id]');

    box.scrollTop = 0;

    return [first.dataset.id, first.getBoundingClientRect().top];
});

await comes(alice.waitForFunction(n => document.querySelectorAll(
    '#messages [data-id]').length > n, page1), 'more at the top');

const now = await alice.evaluate(id => document.querySelector(
    `#messages [data-id="${id}"]`).getBoundingClientRect().top, seen[0]);

ok(Math.abs(now - seen[1]) < 60, 'what was read stays where it was');

for (let i = 0; i < 20 && await shownMessages(alice) < 75; i++) {
    const had = await shownMessages(alice);

    await alice.keyboard.press('Home');
    await alice.waitForFunction(n => document.querySelectorAll(
        '#messages [data-id]').length > n, had);
}

is(await shownMessages(alice), 75, 'all of it in the end');
await comes(alice.waitForSelector(
    '#history-state:has-text("The beginning")'), 'and that is said');

const lines = await alice.locator('#messages .message .content')
    .allTextContents();

ok(lines.every((line, i) => line === `line ${i + 1}.`),
   'each once, in order');
await shot(alice, 'history');


// A new message while one reads old ones.

await alice.evaluate(() => {
    document.getElementById('history').scrollTop = 0;
});
await rest(alice, 'api/room/add_user', { room_id: third.ID, user_id: 2 });
await roomLink(bob, 'Long').click();
await message(bob, 'line 75.').waitFor();
await say(bob, 'line 76.');
await comes(alice.waitForSelector('#newest:not([hidden])'),
    'a new message does not take the reader away');
ok(await alice.evaluate(() =>
    document.getElementById('history').scrollTop < 100), 'who is where he was');
await alice.click('#newest');
await atEnd(alice);
ok(true, 'but can go there');
quiet(alice, 'history');


// Pictures and files.

const png = fs.readFileSync(new URL(
    '../../html/static/avatars/nopic.png', import.meta.url));

await roomLink(alice, 'Garden').click();
await roomLink(bob, 'Garden').click();
await alice.setInputFiles('#attach',
    { name: 'a flower.png', mimeType: 'image/png', buffer: png });
await comes(bob.waitForFunction(() => {
    const image = document.querySelector('#messages .picture img');

    return image && image.complete && image.naturalWidth === 96;
}), 'bob sees a picture of alice');
ok((await bob.getAttribute('#messages .picture img', 'src'))
    .startsWith('blob:'), 'without a token in its address');
await comes(alice.waitForFunction(() => document.querySelector(
    '#messages .picture img')?.naturalWidth === 96), 'alice sees it as well');
await bob.click('#messages .picture');
await comes(bob.waitForSelector('#image-dialog[open]'), 'in full');
await accessible(bob, 'picture');
await shot(bob, 'picture');
await bob.keyboard.press('Escape');

await alice.setInputFiles('#attach', { name: 'seeds \u00e4\u00f6.txt',
    mimeType: 'text/plain', buffer: Buffer.from('tomato\n'.repeat(400)) });
await bob.waitForSelector('#messages .file button');
is(await bob.textContent('#messages .file'),
   'Download seeds \u00e4\u00f6.txt 3 kB', 'a file with its name and size');

const loading = bob.waitForEvent('download');

await bob.click('#messages .file button');

const loaded = await loading;

is(loaded.suggestedFilename(), 'seeds \u00e4\u00f6.txt', 'is downloaded');
is(fs.readFileSync(await loaded.path(), 'utf8'), 'tomato\n'.repeat(400),
   'byte for byte');
quiet(alice, 'alice sends files');
quiet(bob, 'bob gets files');

await alice.setInputFiles('#attach',
    { name: 'nothing.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
await comes(alice.waitForSelector('#messages .failed :text("nothing.txt")'),
    'an empty file is refused');
await comes(alice.waitForSelector(
    '#messages .failed [role=alert][lang=zh]'), 'with the reason');
await shot(alice, 'failed');
await alice.click('#messages .failed :text("Discard")');
is(await pending(alice).count(), 0, 'and discarded');
quiet(alice, 'a refused file');


// The profile.

await bob.click('#me');
await bob.waitForSelector('#me-dialog[open]');
await accessible(bob, 'profile');
await bob.fill('#me-nickname', 'Bobby');
await bob.setInputFiles('#me-avatar',
    { name: 'me.png', mimeType: 'image/png', buffer: png });
await bob.waitForSelector(
    '#me-dialog img:not([src$="nopic.png"])');
ok(true, 'an avatar is set');
await shot(bob, 'profile');
await bob.click('#me-form [type=submit]');
await comes(bob.waitForSelector('#me .name:text("Bobby")'), 'a nickname too');
await alice.reload();
await comes(member(alice, 'Bobby').waitFor(), 'others see it');
await comes(alice.waitForFunction(() => [...document.querySelectorAll(
    '#messages .avatar')].some(image => image.naturalWidth === 96
                               && !image.src.endsWith('nopic.png'))),
    'and the avatar');
ok((await alice.locator('#messages .name').allTextContents())
    .includes('Bobby'), 'on messages as well');

await bob.click('#me');
await bob.fill('#me-old', 'wrong-password');
await bob.fill('#me-new', 'password2');
await bob.click('#me-password [type=submit]');
await comes(bob.waitForSelector('#me-password .error:not(:empty)'),
    'a wrong password changes nothing');
await bob.fill('#me-old', 'password1');
await bob.click('#me-password [type=submit]');
await comes(bob.waitForSelector('#notes :text("Your password is changed")'),
    'the right one does');
await say(bob, 'a new password');
await comes(message(alice, 'a new password').waitFor(), 'and bob goes on');
quiet(alice, 'profile of another');
quiet(bob, 'profile');


// A second tab of the same user: presence is of people, not of tabs.

const tab = await person(browser);

await tab.goto(url);
await tab.fill('#sign-name', 'bob');
await tab.fill('#sign-password', 'password2');
await tab.keyboard.press('Enter');
await roomLink(tab, 'Garden').click();
await message(tab, 'a new password').waitFor();
await say(tab, 'from another tab');
await comes(message(bob, 'from another tab').waitFor(),
    'one tab hears the other');
await tab.close();
await say(bob, 'and I am still here');
await message(alice, 'and I am still here').waitFor();
ok(await member(alice, 'Bobby').and(alice.locator('.online')).isVisible(),
   'one of two tabs is enough to be online');
quiet(tab, 'another tab');


// The sockets are dropped, and none is let in.

const lost = /WebSocket|Failed to load resource/;

await server('sockets_off');
await comes(alice.waitForSelector('#banner p:not([hidden])'),
    'alice is told that the connection is lost');
await bob.waitForSelector('#banner p:not([hidden])');
await accessible(alice, 'disconnected');
await say(alice, 'written while away');
await comes(alice.waitForSelector(
    '#messages .pending :text("Waiting for the connection")'),
    'what is written now waits');
await shot(alice, 'lost');

for (let n = 1; n <= 130; n++) {
    await rest(bob, 'api/message/send',
        { room_id: 1, type: 'text', content: `missed ${n}.` });
}

await rest(bob, 'api/message/send',
    { room_id: second.ID, type: 'text', content: 'missed soup' });
is(await message(alice, 'missed').count(), 0, 'and nothing is heard');
await server('sockets_on');

for (const page of [alice, bob]) {
    await page.evaluate(() => document.querySelector('#banner button')
        .click());
    await comes(page.waitForSelector('#banner p', { state: 'hidden' }),
        'the connection is back');
    await comes(message(page, 'written while away').waitFor(),
        'what waited is sent');
    await comes(message(page, 'missed 130.').waitFor(), 'catching up');

    const missed = (await page.locator('#messages .content')
        .allTextContents()).filter(text => text.startsWith('missed '));

    ok(missed.length === 130
       && missed.every((text, i) => text === `missed ${i + 1}.`),
       'nothing is missing, nothing is there twice');
    is(await message(page, 'written while away').count(), 1,
       'also of what waited');
}

await comes(roomLink(alice, 'Kitchen').getByText('1 unread').waitFor(),
    'other rooms count what was missed');
quiet(alice, 'dropped', lost);
quiet(bob, 'dropped', lost);

await server('kill_workers');
await say(alice, 'after the crash');
await comes(message(bob, 'after the crash').waitFor(),
    'killed workers are no more than a pause');
await say(bob, 'indeed');
await comes(message(alice, 'indeed').waitFor(), 'in both directions');
is(await message(alice, 'after the crash').count(), 1, 'once');
await comes(member(alice, 'Bobby').and(alice.locator('.online')).waitFor(),
    'and presence is right again');
quiet(alice, 'crash', lost);
quiet(bob, 'crash', lost);


// Without confd messages are refused, and can be sent again.

await server('kill_confd');
await say(alice, 'to be stored later');
await comes(alice.waitForSelector('#messages .failed [role=alert]'),
    'what cannot be stored has failed');
await server('start_confd');
await alice.waitForFunction(async () => (await fetch('api/user/stats',
    { headers: { Authorization:
        `Bearer ${sessionStorage.getItem('conference')}` } })).ok);

// The other worker may come back later: then it fails once more.

const retry = alice.locator('#messages .failed :text("Try again")');

for (const end = Date.now() + WAIT; Date.now() < end;) {
    if (await retry.count()) {
        await retry.click();
    }

    if (!await pending(alice).count()) {
        break;
    }

    await alice.waitForTimeout(50);
}

await comes(message(bob, 'to be stored later').waitFor(), 'and is retried');
is(await pending(alice).count(), 0, 'nothing waits');
quiet(alice, 'no confd', lost);
quiet(bob, 'no confd', lost);


// Leaving, renaming, deleting.

await alice.click('#room-set');
await alice.waitForSelector('#room-dialog[open]');
await accessible(alice, 'room settings');
await shot(alice, 'settings');
await alice.fill('#set-name', 'Meadow');
await alice.click('#room-dialog [type=submit]');
await comes(bob.waitForSelector('#room-name:text("Meadow")'),
    'a new name is seen by all');

await roomLink(bob, 'Long').click();
await bob.waitForSelector('#room-name:text("Long")');
await bob.click('#room-set');
ok(await bob.isHidden('#room-delete'), 'a member cannot delete a room');
await bob.click('#room-leave');
await bob.waitForSelector('#ask-dialog[open]');
await accessible(bob, 'question');
await shot(bob, 'ask');
await bob.click('#ask-dialog .danger');
await comes(roomLink(bob, 'Long').waitFor({ state: 'detached' }),
    'bob has left a room');
await comes(bob.waitForSelector('#rooms-title:focus'),
    'and is at the list again');

await roomLink(bob, 'Meadow').click();
await comes(member(alice, 'Bobby').getByRole('button').waitFor(),
    'the owner can remove a member');
await member(alice, 'Bobby').getByRole('button').click();
await alice.click('#ask-dialog .danger');
await comes(roomLink(bob, 'Meadow').waitFor({ state: 'detached' }),
    'who is out of the room');
await comes(bob.waitForSelector('#nothing:not([hidden])'),
    'also when it was open');
await comes(member(alice, 'Bobby').waitFor({ state: 'detached' }),
    'and no member any more');

await roomLink(alice, 'Kitchen').click();
await roomLink(bob, 'Kitchen').click();
await alice.waitForSelector('#room-name:text("Kitchen")');
await alice.click('#room-set');
await alice.click('#room-delete');
await alice.click('#ask-dialog .danger');
await comes(roomLink(alice, 'Kitchen').waitFor({ state: 'detached' }),
    'the owner deletes a room');
await comes(roomLink(bob, 'Kitchen').waitFor({ state: 'detached' }),
    'and it is gone for all');
quiet(alice, 'rooms');
quiet(bob, 'rooms');


// Presence ends with the page.

await rest(alice, 'api/room/add_user', { room_id: third.ID, user_id: 2 });
await roomLink(alice, 'Long').click();
await member(alice, 'Bobby').and(alice.locator('.online')).waitFor();
await bob.context().close();
await comes(member(alice, 'Bobby').and(alice.locator('.offline')).waitFor(),
    'alice sees that bob has left');


// A phone, in the dark, of the smallest width.

const phone = await person(browser, { viewport: { width: 320, height: 568 },
    hasTouch: true, isMobile: true, colorScheme: 'dark' });

await phone.goto(url);
await phone.waitForSelector('#sign:not([hidden])');
await accessible(phone, 'phone, log in');
await shot(phone, 'phone-sign');
await phone.fill('#sign-name', 'bob');
await phone.fill('#sign-password', 'password2');
await phone.tap('#sign-form [type=submit]');
await roomLink(phone, 'Long').waitFor();
ok(await phone.isHidden('#main'), 'a phone shows the rooms first');
await accessible(phone, 'phone, rooms');
await shot(phone, 'phone-rooms');
await roomLink(phone, 'Long').tap();
await message(phone, 'line 76.').waitFor();
ok(await phone.isHidden('#rooms'), 'then the messages');
is(await phone.evaluate(() => document.activeElement.id), 'room-name',
   'without a keyboard in the way');
await phone.fill('#text', 'from the road, with a-very-long-word-that-does-'
    + 'not-end-where-a-phone-does-and-goes-on');
await phone.tap('#composer [type=submit]');
await comes(message(alice, 'from the road').waitFor(), 'and talks');
await accessible(phone, 'phone, room');
await shot(phone, 'phone-room');
await phone.tap('#members-show');
await comes(phone.waitForSelector('#members-title:focus'),
    'members come over it');
await accessible(phone, 'phone, members');
await shot(phone, 'phone-members');
await phone.tap('#members-hide');
await phone.tap('.back');
await comes(phone.waitForSelector('#rooms:not([hidden]) #rooms-title'),
    'and back');
ok(await phone.isHidden('#main'), 'to the rooms');
await phone.tap('#me');
await accessible(phone, 'phone, profile');
await shot(phone, 'phone-profile');
quiet(phone, 'phone');


// The end of a session.

await phone.tap('#sign-out');
await comes(phone.waitForSelector('#sign-name:focus'), 'logging out');
is(await phone.evaluate(() => sessionStorage.length), 0,
   'leaves nothing behind');
is(await phone.locator('#messages li, #rooms-list li, #members-list li')
    .count(), 0, 'nor in the page');

await alice.evaluate(() => sessionStorage.setItem('conference', 'x.y.z'));
await alice.reload();
await comes(alice.waitForSelector('#sign .error:text("log in again")'),
    'a token that is no good leads to the form');
quiet(alice, 'a bad token', /Failed to load resource.* 401/);

await alice.setViewportSize({ width: 1280, height: 800 });
await alice.emulateMedia({ colorScheme: 'dark' });
await alice.fill('#sign-name', 'alice');
await alice.fill('#sign-password', 'password1');
await alice.keyboard.press('Enter');
await roomLink(alice, 'Meadow').click();
await message(alice, 'to be stored later').waitFor();
await accessible(alice, 'dark');
await shot(alice, 'dark');
await alice.setViewportSize({ width: 900, height: 700 });
await alice.locator('#members').waitFor({ state: 'hidden' });
await shot(alice, 'tablet');
ok(await alice.isHidden('#members'), 'a tablet has no place for members');
await alice.click('#members-show');
await alice.waitForSelector('#members-title:focus');
is(await alice.getAttribute('#members-show', 'aria-expanded'), 'true',
   'which are shown when asked for');
await shot(alice, 'tablet-members');
await alice.keyboard.press('Escape');
ok(await alice.isHidden('#members'), 'until Escape');
is(await alice.evaluate(() => document.activeElement.id), 'members-show',
   'which gives the focus back');
quiet(alice, 'dark');

await browser.close();
end();
