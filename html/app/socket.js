// The WebSocket: kept open, opened again with growing pauses, and checked
// with the interface's own ping, since a dead network says nothing.

const CONNECT_MS = 15000;
const PING_MS = 20000;
const PONG_MS = 8000;
const PAUSE_MS = 500;
const PAUSE_MAX_MS = 20000;


export class Socket {

    // url() names where to connect; open(), frame(data) and lost(code, was
    // it open) are told.

    constructor(handlers) {
        this.handlers = handlers;
        this.ws = null;
        this.ready = false;
        this.wanted = false;
        this.failures = 0;
        this.timer = 0;
        this.pinger = 0;
        this.ponger = 0;

        addEventListener('online', () => this.retry());
        addEventListener('offline', () => this.check());
        document.addEventListener('visibilitychange', () => this.check());
    }

    start() {
        this.stop();
        this.wanted = true;
        this.failures = 0;
        this.connect();
    }

    stop() {
        this.wanted = false;
        clearTimeout(this.timer);
        this.drop(1000);
    }

    // Now, whatever the pause.

    retry() {
        if (this.wanted && !this.ws) {
            this.failures = 0;
            clearTimeout(this.timer);
            this.connect();
        }
    }

    send(data) {
        if (!this.ready) {
            return false;
        }

        this.ws.send(JSON.stringify(data));

        return true;
    }

    connect() {
        const ws = new WebSocket(this.handlers.url());

        this.ws = ws;
        this.ponger = setTimeout(() => this.gone(1006), CONNECT_MS);

        ws.addEventListener('open', () => {
            if (ws === this.ws) {
                this.opened();
            }
        });

        ws.addEventListener('message', event => {
            if (ws === this.ws) {
                this.heard(event.data);
            }
        });

        ws.addEventListener('close', event => {
            if (ws === this.ws) {
                this.gone(event.code);
            }
        });
    }

    opened() {
        this.ready = true;
        this.failures = 0;
        clearTimeout(this.ponger);
        this.ponger = 0;
        this.pinger = setInterval(() => this.check(), PING_MS);
        this.handlers.open();
    }

    heard(text) {
        let data;

        clearTimeout(this.ponger);
        this.ponger = 0;

        try {
            data = JSON.parse(text);
        } catch {
            return;
        }

        this.handlers.frame(data);
    }

    check() {
        if (this.ready && !this.ponger) {
            this.send({ room_id: 0, type: 'ping', data: '' });
            this.ponger = setTimeout(() => this.gone(1006), PONG_MS);
        }
    }

    // Forgets the socket without waiting for its closing handshake.

    drop(code) {
        const ws = this.ws;

        clearTimeout(this.ponger);
        clearInterval(this.pinger);
        this.ponger = 0;
        this.ready = false;
        this.ws = null;

        if (ws && ws.readyState < WebSocket.CLOSING) {
            ws.close(code);
        }
    }

    gone(code) {
        const opened = this.ready;

        this.drop();

        if (!this.wanted) {
            return;
        }

        // Half of the pause is chance: not all clients come at once.

        const pause = Math.min(PAUSE_MS * 2 ** this.failures++, PAUSE_MAX_MS);
        const wait = pause / 2 + Math.random() * pause / 2;

        this.timer = setTimeout(() => this.connect(), wait);
        this.handlers.lost(code, opened);
    }
}
