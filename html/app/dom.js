// Elements, times and what is said aloud.

export const $ = id => document.getElementById(id);


// el('p', { class: 'note', onclick: f }, 'text', node): attributes by name,
// true for one without a value, functions as listeners.

export function el(tag, props = {}, ...children) {
    const node = document.createElement(tag);

    for (const [name, value] of Object.entries(props)) {
        if (typeof value === 'function') {
            node.addEventListener(name.slice(2), value);

        } else if (value !== undefined && value !== null && value !== false) {
            node.setAttribute(name, value === true ? '' : value);
        }
    }

    node.append(...children.filter(c => c !== null && c !== undefined));

    return node;
}


// The children in this order, touching only what differs: focus and pictures
// stay.

export function arrange(parent, nodes) {
    let at = parent.firstChild;

    for (const node of nodes) {
        if (node === at) {
            at = at.nextSibling;
        } else {
            parent.insertBefore(node, at);
        }
    }

    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
}


// A sentence of the server comes as it is; a screen reader has to know its
// language.

export function say(node, text) {
    node.textContent = text || '';
    node.hidden = !text && !node.getAttribute('role');

    if (/\p{Script=Han}/u.test(text || '')) {
        node.lang = 'zh';
    } else {
        node.removeAttribute('lang');
    }
}


// Read out, not shown.

export function announce(text) {
    const line = el('p', {}, text);

    $('live').append(line);
    setTimeout(() => line.remove(), 10000);
}


// Shown for a while, and read out.

export function notify(text) {
    const line = el('p');

    say(line, text);
    $('notes').append(line);
    setTimeout(() => line.remove(), 8000);
}


// The server's times are its own local ones: "2024-05-07 15:23:30".

export function dayOf(time) {
    return time.slice(0, 10);
}


export function dayName(day) {
    const [year, month, date] = day.split('-').map(Number);

    return new Date(year, month - 1, date).toLocaleDateString('en',
        { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
}


export function clock(time) {
    return el('time', { datetime: time.replace(' ', 'T') },
        time.slice(11, 16));
}


export function sizeName(bytes) {
    if (bytes < 1024) {
        return `${bytes} B`;
    }

    return bytes < 1048576 ? `${Math.round(bytes / 1024)} kB`
                           : `${(bytes / 1048576).toFixed(1)} MB`;
}


export function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));

    return Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');
}


export function debounced(fn, delay) {
    let timer = 0;

    return () => {
        clearTimeout(timer);
        timer = setTimeout(fn, delay);
    };
}
