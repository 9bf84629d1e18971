// The administration page: see t/810-admin.t.

import { accessible, comes, end, is, launch, ok, person, quiet, server, shot,
         tabTo, url, WAIT } from './driver.mjs';

const browser = await launch();
const page = await person(browser);
const userRow = name => page.locator('#users-list tr',
    { has: page.getByText(name, { exact: true }) });
const text = selector => page.textContent(selector);
const says = (selector, wanted) => page.waitForFunction(([where, words]) =>
    document.querySelector(where).textContent.includes(words),
    [selector, wanted], { timeout: WAIT });
const shows = locator => locator.first().waitFor();


async function login(name, password) {
    await page.fill('#sign-name', name);
    await page.fill('#sign-password', password);
    await page.press('#sign-password', 'Enter');
}


async function view(name) {
    await page.click(`#views a[href="#${name}"]`);
    await page.waitForSelector(`#${name}:not([hidden])`);
}


// Who may

await page.goto(`${url}admin/`);
await comes(page.waitForSelector('#sign:not([hidden])'), 'a log-in');
ok(!await page.isVisible('#views'), 'and nothing else');
await accessible(page, 'log-in');

await login('root', 'wrong password');
await comes(says('#sign .error', 'Invalid username or password'),
    'a wrong password');
await login('alice', 'password1');
await comes(says('#sign .error', 'not an admin'), 'a user is no admin');
is(await page.evaluate(() => sessionStorage.length), 0, 'nothing is kept');
quiet(page, 'refusals', /40[013]/);

await login('root', 'password1');
await comes(shows(userRow('user20')), 'an admin sees the users, the newest');
ok(await page.evaluate(() => document.activeElement.id === 'users-title'),
   'and is where they are');
is(await page.inputValue('#sign-password'), '', 'the password is gone');
await accessible(page, 'users');
await shot(page, 'admin-users');

// Users

ok((await text('#users-state')).startsWith('24 users'), 'all are counted');
is(await page.locator('#users-list tr').count(), 20, 'a page of them');
await page.click('.pages[data-pages=users] button:has-text("Next")');
await comes(says('[data-pages=users]', 'Page 2 of 2'), 'the next page');
is(await page.locator('#users-list tr').count(), 4, 'has the rest');
is(await userRow('root').locator('button').count(), 0,
   'nothing can be done to oneself');

await page.fill('#users-keyword', 'ALI');
await page.press('#users-keyword', 'Enter');
await comes(says('#users-state', '1 user'), 'one is found');
await shows(userRow('alice'));

// A ban, by keyboard, with a reason and for a time

await tabTo(page, '[aria-label="Ban alice"]');
await page.keyboard.press('Enter');
await comes(page.waitForSelector('#ban-dialog[open]'), 'the dialog');
is(await text('#ban-title'), 'Ban alice', 'says who');
await accessible(page, 'ban');
await page.fill('#ban-reason', 'too loud');
await page.fill('#ban-hours', '2');
await page.keyboard.press('Enter');
await comes(says('#users-list', 'banned until'), 'a ban for a time');
ok(!await page.isVisible('#ban-dialog'), 'the dialog is gone');
ok((await text('#live')).includes('alice is banned'), 'it is said');
await server('alice_banned');
ok(true, 'who is banned is out');

await page.selectOption('#users-status', 'active');
await comes(says('#users-state', '0 users'), 'not among the active ones');
await page.selectOption('#users-status', '');
await page.click('[aria-label="Unban alice"]');
await comes(shows(page.locator('[aria-label="Ban alice"]')), 'and back');
await server('alice_free');
ok(true, 'who is free may come');

// A deletion, after a thought

await page.fill('#users-keyword', 'mallory');
await page.press('#users-keyword', 'Enter');
await shows(userRow('mallory'));
await page.click('[aria-label="Delete mallory"]');
await page.waitForSelector('#delete-dialog[open]');
await page.keyboard.press('Enter');
await page.waitForSelector('#delete-dialog:not([open])', { state: 'attached' });
ok(await page.locator('[aria-label="Delete mallory"]').count() === 1,
   'Enter alone deletes nobody');
await page.click('[aria-label="Delete mallory"]');
await page.click('#delete-dialog .danger');
await comes(says('#live', 'mallory is deleted'), 'deleted');
await page.selectOption('#users-status', 'deleted');
await comes(says('#users-state', '1 user'), 'among the deleted ones');
is(await userRow('mallory').locator('button').count(), 0,
   'for whom nothing can be done');
quiet(page, 'users');

// Meetings

await view('meetings');
await comes(says('#meetings-state', '0 meetings'), 'nobody meets');
await accessible(page, 'meetings');
await shot(page, 'admin-meetings');

// Load

await view('load');
await comes(says('#load-now', 'confdup'), 'figures of now');
await comes(page.waitForSelector('.chart', { timeout: 30000 }), 'charts');
is(await page.locator('.chart').count(), 6, 'all');
ok(/^Messages, a second\. received: now [\d.]+, at most [\d.]+; sent: /.test(
    await page.getAttribute('.chart:nth-child(2) svg[role=img]',
        'aria-label')), 'in words, too');
ok(await page.evaluate(() => [...document.querySelectorAll('.chart polyline')]
    .every(line => /^[\d.]+,[\d.]+( [\d.]+,[\d.]+)+$/.test(
        line.getAttribute('points')))), 'lines have points');
await accessible(page, 'load');
await shot(page, 'admin-load');
await page.emulateMedia({ colorScheme: 'dark' });
await accessible(page, 'load in the dark');
await page.emulateMedia({ colorScheme: 'light' });

// What a chart makes of its figures

is(JSON.stringify(await page.evaluate(async () => {
    const { roundUp, numberName } = await import('/admin/chart.js');

    return [[.3, 1, 7, 51, 1000, 1001].map(roundUp),
        [0, .25, 9.96, 99, 250.4, 12345, 3456789].map(numberName)];
})), '[[0.5,1,10,100,1000,2000],["0","0.25","10","99","250","12.3k","3.5M"]]',
   'scales and numbers');

// The audit log

await view('audit');
await comes(says('#audit-list', 'too loud'), 'what was done is noted');
ok((await text('#audit-list tr:first-child')).includes('mallory'),
   'the newest first');
await accessible(page, 'audit log');
await shot(page, 'admin-audit');
quiet(page, 'views');

// The address and the history of the browser

await page.goBack();
await comes(page.waitForSelector('#load:not([hidden])'), 'back');
await page.reload();
await comes(page.waitForSelector('#load:not([hidden])'),
    'a reload keeps view and session');

// A phone

await page.setViewportSize({ width: 360, height: 640 });

for (const name of ['users', 'meetings', 'load', 'audit']) {
    await view(name);
    await accessible(page, `${name} on a phone`);
    await shot(page, `admin-phone-${name}`);
}

await page.setViewportSize({ width: 1280, height: 800 });

// Names are text, whatever is in them

await view('users');
await page.fill('#users-keyword', '<img');
await page.press('#users-keyword', 'Enter');
await comes(says('#users-list', '<img src=x onerror=1>'), 'markup is text');
quiet(page, 'markup');

// The end: by the button, and when the token dies

await page.click('#out');
await comes(page.waitForSelector('#sign:not([hidden])'), 'logged out');
is(await page.locator('#users-list tr').count(), 0, 'nothing is left');
is(await page.evaluate(() => sessionStorage.length), 0, 'nor kept');

await login('root', 'password1');
await shows(userRow('user20'));
await server('root_out');
await page.click('#views a[href="#meetings"]');
await comes(says('#sign .error', 'The session has ended'),
    'a token that died');
quiet(page, 'the end', /401/);

await browser.close();
end();
