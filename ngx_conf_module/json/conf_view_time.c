
/* Times for views.  The local zone is that of the process. */

#include "conf_view.h"

#include <time.h>


#define CONF_VIEW_TIME_MAX  32      /* bytes of a time with quotes */

#define CONF_VIEW_DAY       86400
#define CONF_VIEW_YEAR_MIN  (-62167219200)     /* 0000-01-01T00:00:00Z */
#define CONF_VIEW_YEAR_MAX  253402300800       /* the same of 10000 */


/* The offset of the local zone on one day of UTC. */

typedef struct {
    int64_t   day;
    int64_t   seconds;
    bool      known;
} conf_view_zone_t;

/* A day as text. */

typedef struct {
    int64_t   day;
    bool      known;
    uint8_t   text[10];
} conf_view_day_t;


static size_t conf_view_time_text(uint8_t *dst, conf_view_kind_e kind,
    int64_t ms);
static uint8_t *conf_view_date(uint8_t *p, int64_t seconds,
    uint8_t separator);
static const conf_view_day_t *conf_view_day(int64_t day);
static uint8_t *conf_view_digits(uint8_t *dst, int64_t value, size_t n);
static uint8_t *conf_view_two(uint8_t *dst, uint32_t value);
static int64_t conf_view_offset(int64_t seconds);
static int64_t conf_view_offset_at(int64_t seconds);


/* Both by the day: a page has many times of few days. */

static conf_view_zone_t  conf_view_zones[64];
static conf_view_day_t   conf_view_days[64];

static const uint8_t     conf_view_pairs[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";


void
conf_view_time(conf_buf_t *buf, conf_view_kind_e kind, int64_t ms)
{
    size_t   len;
    uint8_t  text[CONF_VIEW_TIME_MAX];

    if (kind == CONF_V_TIME_MS) {
        conf_buf_i64(buf, ms);
        return;
    }

    len = conf_view_time_text(text + 1, kind, ms);

    if (len == 0 && kind != CONF_V_TIME_LOCAL) {
        conf_buf_lit(buf, "null");
        return;
    }

    text[0] = '"';
    text[len + 1] = '"';
    conf_buf_add(buf, text, len + 2);
}


/*
 * Returns the length; 0 for no time, and for what four digits of a year
 * cannot say.
 */

static size_t
conf_view_time_text(uint8_t *dst, conf_view_kind_e kind, int64_t ms)
{
    int64_t   seconds, offset;
    uint8_t  *p;
    unsigned  minutes;

    seconds = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
    offset = 0;

    /* A day less at both ends is what an offset may need. */

    if (ms == 0 || seconds < CONF_VIEW_YEAR_MIN + CONF_VIEW_DAY
        || seconds >= CONF_VIEW_YEAR_MAX - CONF_VIEW_DAY)
    {
        return 0;
    }

    ms -= seconds * 1000;

    if (kind == CONF_V_TIME_OFFSET || kind == CONF_V_TIME_LOCAL) {
        offset = conf_view_offset(seconds);
    }

    p = conf_view_date(dst, seconds + offset,
                       kind == CONF_V_TIME_LOCAL ? ' ' : 'T');

    if (kind == CONF_V_TIME_UTC_MS || kind == CONF_V_TIME_OFFSET) {
        *p++ = '.';
        p = conf_view_digits(p, ms, 3);
    }

    if (kind == CONF_V_TIME_UTC || (kind == CONF_V_TIME_OFFSET && offset == 0))
    {
        *p++ = 'Z';

    } else if (kind != CONF_V_TIME_LOCAL) {
        minutes = (unsigned) (offset < 0 ? -offset : offset) / 60;
        *p++ = offset < 0 ? '-' : '+';
        p = conf_view_two(p, minutes / 60);
        *p++ = ':';
        p = conf_view_two(p, minutes % 60);
    }

    return (size_t) (p - dst);
}


/* "2024-05-07T15:23:30" */

static uint8_t *
conf_view_date(uint8_t *p, int64_t seconds, uint8_t separator)
{
    uint32_t  rest;

    seconds -= CONF_VIEW_YEAR_MIN;
    rest = (uint32_t) (seconds % CONF_VIEW_DAY);

    memcpy(p, conf_view_day(seconds / CONF_VIEW_DAY)->text, 10);
    p += 10;
    *p++ = separator;

    p = conf_view_two(p, rest / 3600);
    *p++ = ':';
    p = conf_view_two(p, rest / 60 % 60);
    *p++ = ':';

    return conf_view_two(p, rest % 60);
}


/* Days count from 0000-01-01; the years of the calculation begin in March. */

static const conf_view_day_t *
conf_view_day(int64_t day)
{
    int64_t           days, era, month, year;
    uint8_t          *p;
    conf_view_day_t  *kept;

    kept = &conf_view_days[(uint64_t) day % conf_nelts(conf_view_days)];

    if (kept->known && kept->day == day) {
        return kept;
    }

    kept->known = true;
    kept->day = day;

    /* From March 1st of the year -400. */

    days = day - 60 + 146097;
    era = days / 146097;
    day = days % 146097;
    year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5;
    year += (era - 1) * 400 + (month >= 10 ? 1 : 0);

    p = conf_view_digits(kept->text, year, 4);
    *p++ = '-';
    p = conf_view_digits(p, month < 10 ? month + 3 : month - 9, 2);
    *p++ = '-';
    (void) conf_view_digits(p, day + 1, 2);

    return kept;
}


static uint8_t *
conf_view_digits(uint8_t *dst, int64_t value, size_t n)
{
    size_t  i;

    for (i = n; i > 0; i--) {
        dst[i - 1] = (uint8_t) ('0' + value % 10);
        value /= 10;
    }

    return dst + n;
}


static uint8_t *
conf_view_two(uint8_t *dst, uint32_t value)
{
    memcpy(dst, conf_view_pairs + value * 2, 2);

    return dst + 2;
}


/*
 * Seconds east of UTC.  localtime_r() takes a lock and a search: a day whose
 * both ends have the same offset has it in between too (no zone goes there
 * and back within a day).
 */

static int64_t
conf_view_offset(int64_t seconds)
{
    int64_t            day, start, offset;
    conf_view_zone_t  *zone;

    day = (seconds - CONF_VIEW_YEAR_MIN) / CONF_VIEW_DAY;
    zone = &conf_view_zones[(uint64_t) day % conf_nelts(conf_view_zones)];

    if (zone->known && zone->day == day) {
        return zone->seconds;
    }

    start = CONF_VIEW_YEAR_MIN + day * CONF_VIEW_DAY;
    offset = conf_view_offset_at(start);

    if (conf_view_offset_at(start + CONF_VIEW_DAY - 1) != offset) {
        return conf_view_offset_at(seconds);
    }

    zone->known = true;
    zone->day = day;
    zone->seconds = offset;

    return offset;
}


static int64_t
conf_view_offset_at(int64_t seconds)
{
    time_t     when;
    struct tm  tm;

    when = (time_t) seconds;

    if (localtime_r(&when, &tm) == NULL) {
        return 0;
    }

    return tm.tm_gmtoff;
}
