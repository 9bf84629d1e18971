// The REST interface of meetings as an admin uses it: {"code", "message",
// "data", ...} or a Failure with the server's sentence.

const base = new URL('../api/v1/', import.meta.url);

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


async function call(method, path, { query, json } = {}) {
    const url = new URL(path, base);
    const used = token;
    const headers = {};
    let reply;
    let body = null;

    for (const [name, value] of Object.entries(query || {})) {
        if (value !== '' && value !== undefined) {
            url.searchParams.set(name, value);
        }
    }

    if (used) {
        headers.Authorization = `Bearer ${used}`;
    }

    if (json) {
        headers['Content-Type'] = 'application/json';
    }

    try {
        reply = await fetch(url, { method, headers, credentials: 'omit',
            body: json ? JSON.stringify(json) : undefined });
    } catch {
        throw new Failure('The server cannot be reached.', 0);
    }

    try {
        body = await reply.json();
    } catch {
        // Said below.
    }

    if (reply.status === 401 && used && used === token) {
        onExpired();
    }

    if (!reply.ok || !body) {
        throw new Failure(body?.message
            || `The server answered with an error (${reply.status}).`,
            reply.status);
    }

    return body.data;
}


const get = (path, query) => call('GET', path, { query });

export const api = {
    login: (username, password) =>
        call('POST', 'auth/login', { json: { username, password } }),
    logout: () => call('POST', 'auth/logout', { json: {} }),

    users: query => get('admin/users', query),
    ban: (id, fields) =>
        call('POST', `admin/users/${id}/ban`, { json: fields }),
    unban: id => call('POST', `admin/users/${id}/unban`, { json: {} }),
    remove: id => call('DELETE', `admin/users/${id}`),

    meetings: query => get('admin/meetings', query),
    participants: id => get(`meetings/${id}/participants`),
    status: () => get('admin/status'),
    audit: query => get('admin/audit', query)
};
