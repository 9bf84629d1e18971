// Chromium, results as lines, and the questions that every state of the page
// has to answer.

import { createRequire } from 'node:module';
import readline from 'node:readline';
import path from 'node:path';

const require = createRequire(path.join(process.env.PAGE_TOOLS, 'x'));
const { chromium } = require('playwright-core');

export const url = process.env.PAGE_URL;
export const dir = process.env.PAGE_DIR;
export const WAIT = 15000;

const input = readline.createInterface({ input: process.stdin });
const answers = [];

input.on('line', line => answers.shift()(line));


export function ok(good, name) {
    console.log(`${good ? '' : 'not '}ok ${name}`);

    return good;
}


export function is(got, want, name) {
    if (!ok(got === want, name)) {
        console.log(`got ${JSON.stringify(got)}`);
        console.log(`not ${JSON.stringify(want)}`);
    }
}


// A condition that comes true in time, or a failure that does not end all.

export async function comes(promise, name) {
    try {
        await promise;
        ok(true, name);
    } catch (error) {
        ok(false, name);
        console.log(String(error.message).split('\n').slice(0, 6).join('\n'));
    }
}


export async function server(action) {
    const answer = new Promise(resolve => answers.push(resolve));

    console.log(`do ${action}`);

    if (await answer !== 'done') {
        throw new Error(`${action} failed`);
    }
}


export async function launch() {
    const browser = await chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
            '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync']
    });

    return browser;
}


// A user's own browser: what it complains about is kept.

export async function person(browser, options = {}) {
    const context = await browser.newContext({
        viewport: { width: 1280, height: 800 }, ...options });
    const complaints = [];
    const page = await context.newPage();

    page.setDefaultTimeout(WAIT);

    page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') {
            complaints.push(`console: ${message.text()}`);
        }
    });

    page.on('pageerror', error => complaints.push(`error: ${error.stack}`));

    await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', event => {
            console.error(`policy: ${event.violatedDirective} `
                          + event.blockedURI);
        });
    });

    page.complaints = complaints;

    return page;
}


// Nothing to complain about but what is expected; begins anew.

export function quiet(page, name, expected) {
    const bad = page.complaints.splice(0)
        .filter(text => !expected || !expected.test(text));

    ok(bad.length === 0, `${name}: no errors`);
    bad.forEach(text => console.log(text));
}


export async function shot(page, name) {
    if (process.env.PAGE_SHOTS) {
        await page.screenshot({ path:
            path.join(process.env.PAGE_SHOTS, `${name}.png`) });
    }
}


// What can be told by a program: names, labels, landmarks, contrast.

export async function accessible(page, name) {
    const bad = await page.evaluate(() => {
        const found = [];
        const shown = node => node.checkVisibility({ visibilityProperty: true,
            opacityProperty: true });
        const all = selector => [...document.querySelectorAll(selector)]
            .filter(shown);
        const text = id => document.getElementById(id)?.textContent.trim();

        const nameOf = node => {
            const by = node.getAttribute('aria-labelledby');

            return by ? by.split(' ').map(text).join(' ')
                : node.getAttribute('aria-label')
                || [...node.labels || []].map(l => l.textContent.trim())
                    .join(' ')
                || (/^(A|BUTTON)$/.test(node.tagName)
                    ? node.textContent.trim()
                      || node.querySelector('img')?.alt : '');
        };

        for (const node of all('a, button, input, textarea, dialog, nav, '
            + 'aside, [role=region]'))
        {
            if (!nameOf(node)) {
                found.push(`no name: ${node.outerHTML.slice(0, 100)}`);
            }
        }

        for (const image of all('img:not([alt])')) {
            found.push(`no alt: ${image.outerHTML.slice(0, 100)}`);
        }

        const ids = [...document.querySelectorAll('[id]')].map(n => n.id);

        for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) {
            found.push(`twice: #${id}`);
        }

        for (const attribute of ['for', 'aria-controls', 'aria-describedby',
            'aria-labelledby'])
        {
            for (const node of document.querySelectorAll(`[${attribute}]`)) {
                for (const id of node.getAttribute(attribute).split(' ')) {
                    if (!document.getElementById(id)) {
                        found.push(`${attribute} of nothing: ${id}`);
                    }
                }
            }
        }

        for (const [selector, count] of [['h1', 1], ['main', 1],
            ['header', 1], ['[aria-live=polite]', 1]])
        {
            const n = document.querySelectorAll(selector).length;

            if (n !== count) {
                found.push(`${n} of ${selector}`);
            }
        }

        if (document.documentElement.lang !== 'en') {
            found.push('no language');
        }

        const wide = document.documentElement.scrollWidth;

        if (wide > innerWidth) {
            found.push(`wider than the window: ${wide} > ${innerWidth}`);
        }

        // Contrast of every text with what is behind it.

        const canvas = document.createElement('canvas').getContext('2d',
            { willReadFrequently: true });

        const rgb = (color, under) => {
            canvas.fillStyle = under ? `rgb(${under})` : '#fff';
            canvas.fillRect(0, 0, 1, 1);
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);

            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };

        const light = color => color.map(v => v / 255)
            .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);

        const behind = node => {
            const chain = [];

            for (let n = node; n; n = n.parentElement) {
                chain.unshift(getComputedStyle(n).backgroundColor);
            }

            return chain.reduce((under, color) => rgb(color, under), null);
        };

        const walker = document.createTreeWalker(document.body,
            NodeFilter.SHOW_TEXT);

        for (let node; (node = walker.nextNode());) {
            const parent = node.parentElement;

            if (!node.data.trim() || !shown(parent)
                || parent.closest('.hidden, .skip, :disabled, noscript'))
            {
                continue;
            }

            const back = behind(parent);
            const a = light(rgb(getComputedStyle(parent).color, back)) + .05;
            const b = light(back) + .05;
            const ratio = Math.max(a, b) / Math.min(a, b);

            if (ratio < 4.5) {
                found.push(`contrast ${ratio.toFixed(2)}: `
                           + node.data.trim().slice(0, 40));
            }
        }

        return found;
    });

    ok(bad.length === 0, `${name}: accessible`);
    bad.forEach(text => console.log(text));
}


// Tab until the wanted element has the focus; false when it never does.

export async function tabTo(page, selector) {
    for (let i = 0; i < 60; i++) {
        if (await page.evaluate(s => document.activeElement?.matches(s),
            selector))
        {
            return true;
        }

        await page.keyboard.press('Tab');
    }

    return false;
}


export function end() {
    console.log('end');
    input.close();
}
