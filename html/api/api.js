// The OpenAPI documents of the server, to read.  They are made from what the
// server answers to, so there is nothing to keep in step here.

import { $, el, say } from '../app/dom.js';
import { fields, kindOf } from './schema.js';

let doc = null;
let wanted = 0;


function resolve(node) {
    return node.$ref
        ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], doc)
        : node;
}


function table(caption, heads, rows) {
    return el('div', { class: 'scroll' }, el('table', { 'aria-label': caption },
        el('thead', {}, el('tr', {},
            ...heads.map(head => el('th', { scope: 'col' }, head)))),
        el('tbody', {}, ...rows.map(cells => el('tr', {},
            ...cells.map(cell => el('td', {}, cell)))))));
}


const code = text => el('code', {}, text);


function fieldTable(caption, schema) {
    const rows = fields(schema, resolve);

    return rows.length === 0 ? el('p', { class: 'note' }, kindOf(schema))
        : table(caption, ['Name', 'Type', ''], rows.map(row => [
            code(row.name), row.kind, row.note]));
}


function rateOf({ count, seconds, per }) {
    const period = { 60: 'minute', 3600: 'hour', 86400: 'day' }[seconds]
                   || `${seconds} s`;

    return `${count} a ${period} for each ${per}`;
}


function facts(operation) {
    const security = operation.security;
    const admin = security?.some(one => one.token?.includes('admin'));

    return el('p', { class: 'facts note' },
        el('span', {}, !security ? 'no token'
                       : admin ? 'token of an admin' : 'token'),
        operation['x-rate-limit']
            ? el('span', {}, rateOf(operation['x-rate-limit'])) : null);
}


function parameters(operation) {
    return operation.parameters.length === 0 ? [] : [
        el('h3', {}, 'Parameters'),
        table('Parameters', ['Name', 'In', 'Type', ''],
            operation.parameters.map(one => [code(one.name), one.in,
                kindOf(one.schema), one.required ? 'required' : '']))
    ];
}


function body(operation) {
    return Object.entries(operation.requestBody?.content || {})
        .flatMap(([type, media]) => [
            el('h3', {}, 'Body ', el('span', { class: 'note' }, type)),
            fieldTable('Body', media.schema)
        ]);
}


function sentences(media) {
    const rows = Object.values(media.examples || {}).map(one => {
        const { summary, value } = resolve(one);

        return typeof value === 'string' ? [summary, '', value]
            : [summary, String(value.code ?? ''),
                value.message || value.msg || value.error];
    });

    return rows.length === 0 ? null
        : table('Failures', ['When', 'Code', 'Sentence'], rows);
}


function answers(operation) {
    return Object.entries(operation.responses)
        .filter(([status]) => status !== 'default')
        .flatMap(([status, answer]) => {
            const media = Object.values(answer.content || {})[0] || {};
            const schema = media.schema?.anyOf?.[0] || media.schema;
            const good = status < 400;

            return [
                el('h3', {}, `${status} `,
                    el('span', { class: 'note' }, answer.description)),
                good && schema ? fieldTable('Answer', schema) : null,
                sentences(media)
            ];
        });
}


function operationNode(path, method, operation) {
    const inside = el('div', { class: 'inside' });
    const node = el('details', {
        class: 'operation', id: operation.operationId,
        ontoggle() {
            if (node.open && !inside.firstChild) {
                inside.append(...[facts(operation), ...parameters(operation),
                    ...body(operation), ...answers(operation)]
                    .filter(child => child !== null));
            }
        }
    }, el('summary', {},
        el('span', { class: 'method' }, method.toUpperCase()),
        el('span', { class: 'path' }, path),
        el('span', { class: 'note' }, operation.summary || '')), inside);

    node.words = `${method} ${path} ${operation.summary}`.toLowerCase();

    return node;
}


function messageNode(message) {
    const node = el('details', { class: 'operation' },
        el('summary', {},
            el('span', { class: 'method' }, 'type'),
            el('span', { class: 'path' }, message.type),
            el('span', { class: 'note' }, message.summary || '')),
        el('div', { class: 'inside' },
            message['x-rate-limit'] ? el('p', { class: 'note' },
                rateOf(message['x-rate-limit'])) : null,
            message.schema ? fieldTable('Message', message.schema) : null,
            message.answer ? el('h3', {}, 'Answer') : null,
            message.answer ? fieldTable('Answer', message.answer) : null));

    node.words = `${message.type} ${message.summary}`.toLowerCase();

    return node;
}


function group(name, nodes) {
    return el('section', { class: 'group', 'aria-label': name },
        el('h2', {}, name), ...nodes);
}


function show() {
    const groups = new Map();

    for (const [path, item] of Object.entries(doc.paths)) {
        for (const [method, operation] of Object.entries(item)) {
            const tag = operation.tags?.[0] || '/';

            groups.set(tag, [...groups.get(tag) || [],
                operationNode(path, method, operation)]);
        }
    }

    const messages = doc['x-websocket']?.messages || [];

    if (messages.length !== 0) {
        groups.set('WebSocket messages', messages.map(messageNode));
    }

    const closes = doc['x-websocket']?.closes || [];

    if (closes.length !== 0) {
        groups.set('WebSocket close codes', [table('Close codes',
            ['Code', 'Reason'], closes.map(({ code: number, reason }) =>
                [String(number), reason || 'normal']))]);
    }

    $('list').replaceChildren(...[...groups].map(([name, nodes]) =>
        group(name, nodes)));
    filter();
    open();
}


function filter() {
    const words = $('filter').value.toLowerCase().split(/\s+/);
    let n = 0;

    for (const section of $('list').children) {
        let some = words.join('') === ''
            && section.querySelector('.operation') === null;

        for (const node of section.querySelectorAll('.operation')) {
            node.hidden = !words.every(word => node.words.includes(word));
            n += node.hidden ? 0 : 1;
            some ||= !node.hidden;
        }

        section.hidden = !some;
    }

    say($('state'), n === 1 ? '1 entry' : `${n} entries`);
}


// "#meeting/get_api_v1_meetings" names the document and what is open.

function open() {
    const node = $(location.hash.slice(1).split('/')[1] || '');

    if (node?.matches('.operation')) {
        node.open = true;
        node.querySelector('summary').focus();
    }
}


async function load() {
    const name = $('doc').value;
    const url = new URL(`../openapi/${name}.json`, location.href);
    const turn = ++wanted;

    $('raw').href = url;
    say($('error'), '');

    try {
        const answer = await fetch(url);

        if (!answer.ok) {
            throw new Error(`HTTP status ${answer.status}`);
        }

        const loaded = await answer.json();

        if (turn === wanted) {
            doc = loaded;
            show();
        }

    } catch (error) {
        if (turn === wanted) {
            $('list').replaceChildren();
            say($('state'), '');
            say($('error'), `The document cannot be read: ${error.message}`);
        }
    }
}


const [first] = location.hash.slice(1).split('/');

if ([...$('doc').options].some(option => option.value === first)) {
    $('doc').value = first;
}

$('doc').addEventListener('change', () => {
    location.hash = $('doc').value;
    load();
});
$('filter').addEventListener('input', filter);
$('find').addEventListener('submit', event => event.preventDefault());
load();
