// Lines over time as an SVG picture, with words for those who do not see it.

import { el } from '../app/dom.js';

const WIDTH = 420;
const HEIGHT = 160;
const LEFT = 44;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;


function svg(tag, attributes, ...children) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);

    for (const [name, value] of Object.entries(attributes)) {
        node.setAttribute(name, value);
    }

    node.append(...children);

    return node;
}


// The next of 1, 2, 5, 10, 20, 50 ... at or above it.

export function roundUp(value) {
    const power = 10 ** Math.floor(Math.log10(value));

    return [1, 2, 5, 10].map(step => step * power)
        .find(step => step >= value * .999999);
}


export function numberName(value) {
    const size = Math.abs(value);

    if (size >= 1e6) {
        return `${+(value / 1e6).toFixed(1)}M`;
    }

    if (size >= 1e4) {
        return `${+(value / 1e3).toFixed(1)}k`;
    }

    return String(size >= 100 ? Math.round(value) : +value.toPrecision(2));
}


const clock = ms => new Date(ms).toLocaleTimeString('en',
    { hour: '2-digit', minute: '2-digit', hour12: false });


// What a screen reader says instead.

function words(title, unit, series) {
    const parts = series.map(({ name, values }) => `${name}: now `
        + `${numberName(values.at(-1))}, at most `
        + `${numberName(Math.max(...values))}`);

    return `${title}${unit ? `, ${unit}` : ''}. ${parts.join('; ')}.`;
}


function picture(label, times, series, top) {
    const span = times.at(-1) - times[0] || 1;
    const wide = WIDTH - LEFT - RIGHT;
    const high = HEIGHT - TOP - BOTTOM;
    const x = time => +(LEFT + (time - times[0]) / span * wide).toFixed(1);
    const y = value => +(TOP + high - value / top * high).toFixed(1);

    const node = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img',
        'aria-label': label });

    for (const part of [0, .5, 1]) {
        node.append(
            svg('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT,
                y1: y(top * part), y2: y(top * part) }),
            svg('text', { x: LEFT - 6, y: y(top * part) + 4,
                'text-anchor': 'end' }, numberName(top * part)));
    }

    node.append(
        svg('text', { x: LEFT, y: HEIGHT - 4 }, clock(times[0])),
        svg('text', { x: WIDTH - RIGHT, y: HEIGHT - 4,
            'text-anchor': 'end' }, clock(times.at(-1))));

    series.forEach(({ values }, i) => node.append(svg('polyline', {
        class: `line-${i}`,
        points: values.map((value, at) => `${x(times[at])},${y(value)}`)
            .join(' ')
    })));

    return node;
}


function legend(series) {
    return el('p', { class: 'legend', 'aria-hidden': 'true' },
        ...series.map(({ name }, i) => el('span', {},
            svg('svg', { viewBox: '0 0 28 8' }, svg('line', {
                class: `key line-${i}`, x1: 0, x2: 28, y1: 4, y2: 4 })),
            name)));
}


// series: [{ name, values }], one value for each of times.

export function chart(title, unit, times, series) {
    const most = Math.max(...series.flatMap(one => one.values));
    const top = most > 0 ? roundUp(most) : 1;

    return el('figure', { class: 'chart' },
        el('h3', {}, title,
            el('span', { class: 'note' }, unit ? ` ${unit}` : '')),
        picture(words(title, unit, series), times, series, top),
        legend(series));
}
