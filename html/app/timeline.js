// The messages of one room as this client has them: each once, in the order
// of their sequence numbers, and up to which number none is missing.

export class Timeline {

    constructor() {
        this.reset();
    }

    reset() {
        this.epoch = 0;
        this.list = [];
        this.ids = new Set();
        this.mark = 0;          // all that came after the first is had to here
        this.loaded = false;    // the newest page was read
        this.whole = false;     // the room's first message is here
    }

    // False when these are of another epoch: what is here is history that
    // the server no longer has.

    add(messages) {
        for (const message of messages) {
            if (!message.ID || this.ids.has(message.ID)) {
                continue;
            }

            if (this.epoch && message.epoch !== this.epoch) {
                return false;
            }

            this.epoch = message.epoch;
            this.ids.add(message.ID);
            this.place(message);
        }

        if (this.loaded) {
            this.advance();
        }

        return true;
    }

    // A page from the newest (before is 0) or from before an id.  A short one
    // is not yet the end: the server also counts bytes.

    page(messages, before) {
        if (!this.add(messages)) {
            return false;
        }

        if (!messages.length || messages.some(m => m.seq === 1)) {
            this.whole = true;
        }

        if (!before) {
            this.loaded = true;
            this.reached(Math.max(0, ...messages.map(m => m.seq)));
        }

        return true;
    }

    // The server has told all up to this number.

    reached(seq) {
        this.mark = Math.max(this.mark, seq);
        this.advance();
    }

    // Something newer is here, and something before it is not.

    get gap() {
        return this.loaded && this.newest > this.mark;
    }

    get newest() {
        return this.list.length ? this.list[this.list.length - 1].seq : 0;
    }

    get oldest() {
        return this.list.length ? this.list[0].ID : 0;
    }

    // The oldest are let go; they can be read again.

    trim(max) {
        if (this.list.length > max) {
            this.list.splice(0, this.list.length - (max >> 1))
                .forEach(message => this.ids.delete(message.ID));
            this.whole = false;
        }
    }

    place(message) {
        let at = this.list.length;

        while (at > 0 && this.list[at - 1].seq > message.seq) {
            at--;
        }

        this.list.splice(at, 0, message);
    }

    advance() {
        let at = this.list.length;

        while (at > 0 && this.list[at - 1].seq > this.mark) {
            at--;
        }

        while (at < this.list.length && this.list[at].seq === this.mark + 1) {
            this.mark++;
            at++;
        }
    }
}
