// Files of rooms: fetched with the token, kept as object URLs, so that no
// token stands in an address.

import { download } from './api.js';
import { $, el, notify } from './dom.js';

const KEPT_MAX = 60;

const kept = new Map();


async function objectUrl(path) {
    return URL.createObjectURL(await download(path));
}


// The one used longest ago goes first; its picture stays where it is shown.

export function pictureUrl(path) {
    const url = kept.get(path) || objectUrl(path);

    kept.delete(path);
    kept.set(path, url);
    url.catch(() => kept.delete(path));

    if (kept.size > KEPT_MAX) {
        const [oldest, old] = kept.entries().next().value;

        kept.delete(oldest);
        old.then(URL.revokeObjectURL, () => {});
    }

    return url;
}


export function forgetPictures() {
    for (const url of kept.values()) {
        url.then(URL.revokeObjectURL, () => {});
    }

    kept.clear();
}


export async function save(path, name) {
    try {
        const url = await objectUrl(path);
        const link = el('a', { href: url, download: name });

        link.click();
        setTimeout(() => URL.revokeObjectURL(url), 60000);
    } catch (failure) {
        notify(failure.message);
    }
}


export async function showPicture(path, title) {
    const dialog = $('image-dialog');
    const image = dialog.querySelector('img');

    try {
        image.src = await pictureUrl(path);
    } catch (failure) {
        notify(failure.message);
        return;
    }

    image.alt = title;
    $('image-title').textContent = title;
    $('image-save').onclick = () => save(path, path.split('/').pop());
    dialog.showModal();
}
