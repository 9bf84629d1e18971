// The REST interface: {"code": 0, "msg": ..., "data": ...} or a Failure with
// the server's sentence.  The page and the interface share their prefix.

const base = new URL('..', import.meta.url);

let token = null;
let onExpired = () => {};


export class Failure extends Error {
    constructor(text, status) {
        super(text);
        this.status = status;
    }
}


export function setToken(value, expired) {
    token = value;
    onExpired = expired || onExpired;
}


export function socketUrl() {
    const url = new URL('ws/join', base);

    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('token', token);

    return url.href;
}


// Paths of files come from the server: only its own are asked.

function urlOf(path, query) {
    const url = new URL(path, base);

    if (url.origin !== base.origin) {
        throw new Failure('This file is not on this server.', 0);
    }

    for (const [name, value] of Object.entries(query || {})) {
        url.searchParams.set(name, value);
    }

    return url;
}


async function ask(method, path, { query, json, form } = {}) {
    const url = urlOf(path, query);
    const used = token;
    const headers = {};
    let reply;

    if (used) {
        headers.Authorization = `Bearer ${used}`;
    }

    if (json) {
        headers['Content-Type'] = 'application/json';
    }

    try {
        reply = await fetch(url, { method, headers,
            body: json ? JSON.stringify(json) : form });
    } catch {
        throw new Failure('The server cannot be reached.', 0);
    }

    if (reply.status === 401 && used && used === token) {
        onExpired();
    }

    return reply;
}


async function call(method, path, options) {
    const reply = await ask(method, path, options);
    let body = null;

    try {
        body = await reply.json();
    } catch {
        // Said below.
    }

    if (!reply.ok || !body || body.code !== 0) {
        throw new Failure(body && (body.msg || body.error)
            || `The server answered with an error (${reply.status}).`,
            reply.status);
    }

    return body.data;
}


// A file as a blob: only who may see it gets it.

export async function download(path) {
    const reply = await ask('GET', path);

    if (!reply.ok) {
        throw new Failure('The file is not there any more.', reply.status);
    }

    return reply.blob();
}


export function isFileUrl(text) {
    try {
        return /\/static\/files\/[^/]+$/.test(urlOf(text).pathname);
    } catch {
        return false;
    }
}


function upload(path, file, fields) {
    const form = new FormData();

    for (const [name, value] of Object.entries(fields)) {
        form.append(name, value);
    }

    form.append('file', file, file.name);

    return call('POST', path, { form });
}


const get = (path, query) => call('GET', path, { query });
const post = (path, json) => call('POST', path, { json });

export const api = {
    register: (username, password) =>
        post('register', { username, password }),
    login: (username, password) => post('login', { username, password }),

    rooms: () => get('api/room/list'),
    room: room_id => get('api/room/info', { room_id }),
    createRoom: (name, description) =>
        post('api/room/create', { name, description }),
    updateRoom: (room_id, name, description) =>
        post('api/room/update', { room_id, name, description }),
    deleteRoom: room_id =>
        call('DELETE', 'api/room/delete', { query: { room_id } }),
    leaveRoom: (room_id, user_id) =>
        post('api/room/leave', user_id ? { room_id, user_id } : { room_id }),
    members: room_id => get('api/room/members', { room_id }),
    addMember: (room_id, user) =>
        post('api/room/add_user', { room_id, ...user }),

    history: (room_id, last_message_id, limit) =>
        post('api/message/list', { room_id, last_message_id, limit }),
    read: (room_id, seq) => post('api/message/read', { room_id, seq }),
    upload: (room_id, file) => upload('api/message/upload', file, { room_id }),

    me: () => get('api/user/my'),
    updateMe: fields => post('api/user/update', fields),
    avatar: file => upload('api/user/upload_avatar', file, {}),
    password: (old_password, new_password) =>
        post('api/user/update_password', { old_password, new_password }),
    search: keyword => get('api/user/friends', { keyword, page_size: 8 })
};
