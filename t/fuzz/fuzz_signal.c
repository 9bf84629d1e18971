
/*
 * Frames of a stranger on a signaling socket, in process: which row it is,
 * input, verb, and what it and another peer are told, of which each frame is
 * JSON, in the form that its session speaks.
 *
 * Two bytes: what the session is, and what confd answers.  Then frames, one a
 * line.
 */

#include "conf_fake.h"
#include "conf_meeting.h"
#include "conf_signal.h"


#define FUZZ_PREFIX   2
#define FUZZ_FRAMES   40
#define FUZZ_ROOM     5

/* Of the first byte. */

#define FUZZ_NUMBERS  0x01
#define FUZZ_JOINED   0x02
#define FUZZ_WAITING  0x04
#define FUZZ_SILENT   0x08      /* no settings: no screens */
#define FUZZ_SETTLED  0x10


static conf_room_view_t  fuzz_view;
static uint8_t           fuzz_fate;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_check(bool held)
{
    if (!held) {
        abort();
    }
}


static void
fuzz_heard(fake_session_t *fs)
{
    size_t  i;

    for (i = 0; i < fs->nsent; i++) {
        fuzz_check(fake_json(fake_sent(fs, i)));
    }

    fake_read(fs);
}


/* A message is stored as it came; of the rest the room is all that counts. */

static void
fuzz_serve(fake_http_t *m)
{
    conf_rc_t             rc;
    fake_call_t          *call;
    conf_message_t        message;
    conf_member_view_t    member;
    conf_message_post_t  *post;

    while (m->finished == 0) {
        call = fake_last();
        rc = fuzz_fate % CONF_E_MAX;

        if (call->code == CONF_OP_MESSAGE_POST) {
            post = call->request;
            memset(&message, 0, sizeof(conf_message_t));

            if (post != NULL) {
                message.room_id = FUZZ_ROOM;
                message.epoch = 3;
                message.seq = 1;
                message.user_id = post->actor;
                message.type = post->type;
                message.content = post->content;
                message.json = post->json;
                message.client_id = post->client_id;
            }

            fake_answer(fake.ncalls - 1, rc, &message, 1);

        } else if (call->code == CONF_OP_MEETING_JOIN) {
            memset(&member, 0, sizeof(conf_member_view_t));
            member.room = fuzz_view.room;
            fake_answer(fake.ncalls - 1, rc, &member, 1);

        } else {
            fake_answer(fake.ncalls - 1, rc, &fuzz_view, 1);
        }
    }
}


static void
fuzz_frame(fake_session_t *fs, conf_str_t text)
{
    fake_http_t  m;

    (void) conf_live_heard(&fs->s);

    fake_message(&m, fs, text);
    fuzz_serve(&m);

    fuzz_check(m.answer.silent || fake_json(m.text));
    fake_http_end(&m);

    fake_drain();
    fake_forget();
}


static void
fuzz_session(fake_session_t *fs, const conf_api_t *api, uint64_t user_id)
{
    fake_session(fs, api, user_id);

    fuzz_check(conf_live_bind(&fs->s, FUZZ_ROOM, fake_none) == CONF_OK);
    fuzz_check(conf_live_open(&fs->s) == CONF_OK);
    fuzz_check(conf_live_wait(&fs->s) == CONF_OK);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            n;
    conf_str_t        line;
    fake_session_t    a, b;
    const uint8_t    *end, *last;

    if (size < FUZZ_PREFIX) {
        return 0;
    }

    if (fake.route == NULL) {
        fake_api = &conf_api_meeting;
        fake_open();
        (void) atexit(fake_close);
    }

    memset(&fuzz_view, 0, sizeof(conf_room_view_t));
    fuzz_view.room.id = FUZZ_ROOM;
    fuzz_view.room.epoch = 3;
    fuzz_view.room.state = CONF_ROOM_ONGOING;
    fuzz_view.role = CONF_ROLE_MEMBER;
    fuzz_view.state = CONF_MEMBER_JOINED;

    if ((data[0] & FUZZ_SILENT) == 0) {
        fuzz_view.room.settings = CONF_ROOM_CHAT | CONF_ROOM_SCREEN;
    }

    fuzz_fate = 0;
    fuzz_session(&a, (data[0] & FUZZ_NUMBERS) != 0 ? &conf_api_meeting_b
                                                    : &conf_api_meeting, 7);
    fuzz_session(&b, (data[0] & FUZZ_NUMBERS) != 0 ? &conf_api_meeting
                                                    : &conf_api_meeting_b, 8);
    fuzz_frame(&b, fake_str("{\"type\":4}"));

    if ((data[0] & FUZZ_JOINED) != 0) {
        fuzz_frame(&a, fake_str("{\"type\":\"join\"}"));
    }

    a.s.bound->waiting = (data[0] & FUZZ_WAITING) != 0;
    a.s.bound->settled = (data[0] & FUZZ_SETTLED) != 0;
    fuzz_fate = data[1];

    line.data = data + FUZZ_PREFIX;
    last = data + size;

    for (n = 0; n < FUZZ_FRAMES && line.data < last; n++) {
        end = memchr(line.data, '\n', (size_t) (last - line.data));
        line.len = (size_t) ((end != NULL ? end : last) - line.data);

        fuzz_frame(&a, line);
        fuzz_heard(&a);
        fuzz_heard(&b);

        line.data += line.len + 1;
    }

    fake.now_ms += 5000;
    conf_signal_tick(&fake.env);
    fuzz_heard(&a);
    fuzz_heard(&b);

    fake_gone(&a);
    fake_gone(&b);
    fake_drain();
    fake_again();

    return 0;
}
