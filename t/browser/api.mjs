// The page of the OpenAPI documents: see t/805-api-page.t.

import { accessible, comes, end, is, launch, ok, person, quiet, shot, tabTo,
         url, WAIT } from './driver.mjs';

const browser = await launch();
const page = await person(browser);
const operation = id => page.locator(`#${id}`);
const state = () => page.textContent('#state');
const count = async () => Number((await state()).split(' ')[0]);


await page.goto(`${url}api/`);
await comes(page.waitForSelector('.operation'), 'operations are shown');

const all = await page.evaluate(async () => {
    const reply = await fetch('/openapi/meeting.json');
    const doc = await reply.json();

    return Object.values(doc.paths)
        .reduce((sum, item) => sum + Object.keys(item).length, 0)
        + (doc['x-websocket']?.messages.length || 0);
});

is(await count(), all, 'all of them');
is(await page.locator('.operation').count(), all, 'each once');
await accessible(page, 'the list');

ok(await page.isVisible('text=meeting ended'), 'close codes of sockets');

// Another document

await page.selectOption('#doc', 'roomchat');
await comes(page.waitForSelector('#post_register'), 'roomchat');
ok(page.url().endsWith('#roomchat'), 'named by the address');
ok((await page.getAttribute('#raw', 'href')).endsWith('/roomchat.json'),
   'and to be had');
ok(await page.isVisible('text=WebSocket messages'), 'messages, too');

// Found by words, opened by keyboard

await page.fill('#filter', 'post register');
is(await count(), 1, 'one is found');
ok(!await page.isVisible('#post_login'), 'others are hidden');
await tabTo(page, '#post_register > summary');
await page.keyboard.press('Enter');
await comes(page.waitForSelector('#post_register table'), 'it opens');

const text = await operation('post_register').textContent();

ok(text.includes('20 a minute for each address'), 'its rate');
ok(/username.*1 to 50 characters/s.test(text), 'a field with its limits');
ok(text.includes('用户名已存在'), 'a failure with its sentence');
await accessible(page, 'an operation');
await shot(page, 'api');

await page.fill('#filter', 'no such thing at all');
is(await state(), '0 entries', 'nothing is found');
await page.fill('#filter', '');

// Straight to one

await page.goto('about:blank');
await page.goto(`${url}api/#roomchat/get_api_message_list`);
await comes(page.waitForSelector('#get_api_message_list[open] table'),
    'the address opens one');
ok((await operation('get_api_message_list').textContent())
    .includes('"asc" | "desc"'), 'an enum');
quiet(page, 'all that');

// A phone

await page.setViewportSize({ width: 360, height: 640 });
ok(await page.evaluate(() => document.documentElement.scrollWidth
                             <= window.innerWidth), 'fits a phone');
await accessible(page, 'on a phone');
await shot(page, 'api-phone');

// Without the document

await page.route('**/openapi/meeting.json', route => route.fulfill(
    { status: 503, body: '' }));
await page.selectOption('#doc', 'meeting');
await comes(page.waitForFunction(() => document.getElementById('error')
    .textContent.includes('503'), null, { timeout: WAIT }),
    'a document that is away');
quiet(page, 'without it', /503/);

await browser.close();
end();
