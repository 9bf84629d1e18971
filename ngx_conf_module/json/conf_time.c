
/*
 * RFC 3339 to milliseconds.  The day count is the usual one for the
 * proleptic Gregorian calendar with the year beginning in March.
 */

#include "conf_schema.h"


/* What is still to be read; pos never passes text.len. */

typedef struct {
    conf_str_t  text;
    size_t      pos;
    bool        failed;
} conf_time_t;


static unsigned conf_time_digits(conf_time_t *time, size_t n);
static bool conf_time_byte(conf_time_t *time, char a, char b);
static int64_t conf_time_fraction(conf_time_t *time);
static int64_t conf_time_zone(conf_time_t *time);
static unsigned conf_time_month_days(unsigned year, unsigned month);
static int64_t conf_time_days(unsigned year, unsigned month, unsigned day);


conf_rc_t
conf_time_parse(conf_str_t s, int64_t *ms)
{
    int64_t      days, fraction, zone;
    unsigned     year, month, day, hour, minute, second;
    conf_time_t  time;

    time.text = s;
    time.pos = 0;
    time.failed = false;

    year = conf_time_digits(&time, 4);
    time.failed |= !conf_time_byte(&time, '-', '-');
    month = conf_time_digits(&time, 2);
    time.failed |= !conf_time_byte(&time, '-', '-');
    day = conf_time_digits(&time, 2);

    /* A blank for the "T" is in the note of section 5.6. */

    time.failed |= !conf_time_byte(&time, 'T', 't')
                   && !conf_time_byte(&time, ' ', ' ');
    hour = conf_time_digits(&time, 2);
    time.failed |= !conf_time_byte(&time, ':', ':');
    minute = conf_time_digits(&time, 2);
    time.failed |= !conf_time_byte(&time, ':', ':');
    second = conf_time_digits(&time, 2);

    fraction = conf_time_fraction(&time);
    zone = conf_time_zone(&time);

    if (time.failed || time.pos != s.len) {
        return CONF_E_INVALID;
    }

    if (month < 1 || month > 12 || day < 1
        || day > conf_time_month_days(year, month)
        || hour > 23 || minute > 59 || second > 59)
    {
        return CONF_E_INVALID;
    }

    days = conf_time_days(year, month, day);

    *ms = (days * 86400 + hour * 3600 + minute * 60 + second - zone) * 1000
          + fraction;

    return CONF_OK;
}


static unsigned
conf_time_digits(conf_time_t *time, size_t n)
{
    size_t    i;
    uint8_t   c;
    unsigned  value;

    if (time->failed || time->text.len - time->pos < n) {
        time->failed = true;
        return 0;
    }

    value = 0;

    for (i = 0; i < n; i++) {
        c = time->text.data[time->pos++];

        if (c < '0' || c > '9') {
            time->failed = true;
            return 0;
        }

        value = value * 10 + (unsigned) (c - '0');
    }

    return value;
}


/* Steps over one of the two bytes. */

static bool
conf_time_byte(conf_time_t *time, char a, char b)
{
    char  c;

    if (time->pos == time->text.len) {
        return false;
    }

    c = (char) time->text.data[time->pos];

    if (c != a && c != b) {
        return false;
    }

    time->pos++;

    return true;
}


/* ".5", ".807", ".807123456": what is finer than a millisecond is cut. */

static int64_t
conf_time_fraction(conf_time_t *time)
{
    uint8_t  c;
    int64_t  ms, weight;

    if (!conf_time_byte(time, '.', '.')) {
        return 0;
    }

    ms = 0;
    weight = 100;

    if (time->pos == time->text.len) {
        time->failed = true;
        return 0;
    }

    c = time->text.data[time->pos];

    if (c < '0' || c > '9') {
        time->failed = true;
        return 0;
    }

    while (time->pos < time->text.len) {
        c = time->text.data[time->pos];

        if (c < '0' || c > '9') {
            break;
        }

        ms += weight * (c - '0');
        weight /= 10;
        time->pos++;
    }

    return ms;
}


/* Seconds east of UTC; none written means UTC. */

static int64_t
conf_time_zone(conf_time_t *time)
{
    bool      west;
    unsigned  hours, minutes;

    if (time->pos == time->text.len || conf_time_byte(time, 'Z', 'z')) {
        return 0;
    }

    west = time->text.data[time->pos] == '-';

    if (!conf_time_byte(time, '+', '-')) {
        time->failed = true;
        return 0;
    }

    hours = conf_time_digits(time, 2);
    time->failed |= !conf_time_byte(time, ':', ':');
    minutes = conf_time_digits(time, 2);

    if (hours > 23 || minutes > 59) {
        time->failed = true;
    }

    return (west ? -60 : 60) * (int64_t) (hours * 60 + minutes);
}


static unsigned
conf_time_month_days(unsigned year, unsigned month)
{
    static const uint8_t  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return 29;
    }

    return days[month - 1];
}


static int64_t
conf_time_days(unsigned year, unsigned month, unsigned day)
{
    int64_t  y, era, of_era, of_year;

    y = (int64_t) year - (month <= 2 ? 1 : 0);
    era = (y >= 0 ? y : y - 399) / 400;
    of_era = y - era * 400;
    of_year = (153 * (int64_t) ((month + 9) % 12) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}
