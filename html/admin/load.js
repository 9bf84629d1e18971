// The server's figures: now, and over the last hour.

import { $, el, say } from '../app/dom.js';
import { chart, numberName } from './chart.js';


const bytes = n => n >= 1 << 30 ? `${(n / (1 << 30)).toFixed(1)} GB`
    : `${Math.round(n / (1 << 20))} MB`;


function age(ms) {
    const minutes = Math.floor(ms / 60000);

    return minutes < 120 ? `${minutes} min`
        : minutes < 2880 ? `${Math.floor(minutes / 60)} h`
        : `${Math.floor(minutes / 1440)} days`;
}


function used(zone) {
    return zone.pages === 0 ? 0
        : Math.max(0, 100 - zone.free_pages / zone.pages * 100);
}


function now({ zone, backend, workers }) {
    const confd = backend.confd;

    return [
        ['Connections', zone.sessions], ['Users online', zone.users],
        ['Rooms in use', zone.rooms], ['Workers', workers.length],
        ['Zone in use', `${Math.round(used(zone))} %`],
        ['Rate limited', numberName(zone.limited)],
        ['confd', backend.up ? 'up' : 'down'],
        ...confd ? [['Up for', age(confd.uptime_ms)],
            ['Users', numberName(confd.users)],
            ['Rooms', numberName(confd.rooms)],
            ['Messages', numberName(confd.messages)],
            ['Store', bytes(confd.map_used)]] : []
    ];
}


// What came in a step, a second.

function rate(samples, step, name) {
    return samples.map(sample => sample[name] / step * 1000);
}


function charts({ zone, history: { samples, step_ms: step } }) {
    const times = samples.map(sample => sample.time);
    const of = name => samples.map(sample => sample[name]);
    const ms = name => samples.map(sample => sample[name] / 1000);
    const each = name => rate(samples, step, name);

    return [
        chart('Connections', '', times, [
            { name: 'sockets', values: of('sessions') },
            { name: 'users', values: of('users') },
            { name: 'rooms', values: of('rooms') }]),
        chart('Messages', 'a second', times, [
            { name: 'received', values: each('messages_received') },
            { name: 'sent', values: each('frames_sent') }]),
        chart('Requests', 'a second', times, [
            { name: 'good', values: each('requests_2xx') },
            { name: 'refused', values: each('requests_4xx') },
            { name: 'failed', values: each('requests_5xx') }]),
        chart('Time of a request', 'ms', times, [
            { name: 'half are faster', values: ms('request_p50_us') },
            { name: '99 % are faster', values: ms('request_p99_us') }]),
        chart('Time of a call to confd', 'ms', times, [
            { name: 'half are faster', values: ms('call_p50_us') },
            { name: '99 % are faster', values: ms('call_p99_us') }]),
        chart('Zone in use', '%', times, [
            { name: 'of its pages', values: samples.map(sample =>
                used({ pages: zone.pages,
                    free_pages: sample.free_pages })) }])
    ];
}


export function showLoad(status) {
    const n = status.history.samples.length;

    $('load-now').replaceChildren(...now(status).map(([name, value]) =>
        el('div', {}, el('dt', {}, name), el('dd', {}, String(value)))));
    $('load-charts').replaceChildren(...n < 2 ? [] : charts(status));
    say($('load-state'), n < 2 ? 'Charts are shown as soon as there are two '
        + `samples, one each ${status.history.step_ms / 1000} seconds.` : '');
}
