/* Makes calls, a fixed number at a time, checks every answer to the byte, and prints what came as one JSON object.
 *
 * Usage: generator PORT PATH CALLS AT_ONCE REQUESTS SECONDS SPREAD_MS TOKENS
 *   CALLS      what each request is, in turn, comma-separated:
 *              json | error | stream:N:MS | leave:N:MS:AFTER | cut:N:MS   (leave: the caller closes after AFTER events)
 *   REQUESTS   how many, or 0: as many as fit into SECONDS.  SECONDS also bounds the whole run; what is unfinished then failed.
 *   SPREAD_MS  over what time the first AT_ONCE requests start
 *   TOKENS     a file of access tokens, one a line, used in turn
 * Prints how late events came apart for the time when all AT_ONCE requests were under way, and for that before and after.
 * Times are of CLOCK_MONOTONIC, as are those in the provider's events. One thread, epoll, kept-alive HTTP/1.1 connections.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { JSON_BYTES = 600, ERROR_STATUS = 500, HEAD_BYTES = 8192, LINE_BYTES = 512, READ_BYTES = 65536, READY = 1024, MOST = 64 };
enum { GRACE_SECONDS = 10 };

typedef enum { JSON, ERROR, STREAM, LEAVE, CUT } Kind;
typedef enum { IDLE, CONNECTING, HEAD, BODY } State;
typedef enum { SIZE, DATA, DATA_END, TRAILER, ENDED } Chunk;

typedef struct {
    Kind kind;
    int events, interval_ms, leave_after;
    char **requests; /* one a token */
    int *sizes;
} Call;

typedef struct {
    int fd;
    State state;
    const Call *call;
    const char *request;
    int request_size;
    int64_t started, due;
    char head[HEAD_BYTES], line[LINE_BYTES];
    int head_size, line_size;
    int status, is_chunked, closes, is_done, events;
    Chunk chunk;
    int64_t left, body_bytes; /* of the chunk or of Content-Length; so far */
} Slot;

typedef struct {
    uint32_t *values;
    size_t count, room;
} Series; /* microseconds */

static Call calls[MOST];
static int call_count, token_count, poller;
static struct sockaddr_in target;
static Slot *slots;
static int at_once, begun; /* slots in all; those that have made their first request */
static long wanted, started, finished;
static int64_t stop_at, give_up_at, now; /* no request starts after the first, none is waited for after the second */
static Series ttfb, took, lateness, lateness_partly;
static long events_seen, reads_of_streams, connects;
static struct { long connect, status, length, broken, unfinished; } failures;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void add(Series *s, int64_t ns) {
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 4096;
        s->values = realloc(s->values, s->room * sizeof *s->values);
        if (!s->values) die("realloc");
    }
    int64_t micros = ns / 1000;
    s->values[s->count++] = micros < 0 ? 0 : micros > UINT32_MAX ? UINT32_MAX : (uint32_t)micros;
}

/* ---- what is asked ---- */

static void parse_calls(char *text) {
    for (char *word = strtok(text, ","); word && call_count < MOST; word = strtok(NULL, ",")) {
        static const char *names[] = {"json", "error", "stream", "leave", "cut"};
        Call *c = &calls[call_count++];
        char name[8] = "";
        sscanf(word, "%7[a-z]:%d:%d:%d", name, &c->events, &c->interval_ms, &c->leave_after);
        for (int k = JSON; k <= CUT; k++)
            if (!strcmp(name, names[k])) c->kind = (Kind)k, name[0] = 0;
        if (name[0]) fprintf(stderr, "No such call: %s\n", name), exit(2);
    }
}

static char *make_request(const Call *c, const char *path, const char *token, int *size) {
    char plan[64], body[1024], *request;
    if (c->kind == JSON) snprintf(plan, sizeof plan, "@json");
    else if (c->kind == ERROR) snprintf(plan, sizeof plan, "@error:%d", ERROR_STATUS);
    else snprintf(plan, sizeof plan, "@%s:%d:%d", c->kind == CUT ? "cut" : "stream", c->events, c->interval_ms);
    int is_stream = c->kind >= STREAM;
    snprintf(body, sizeof body,
             "{\"model\":\"gpt-4o-mini\",\"max_tokens\":256,%s\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful "
             "assistant. Answer in one short paragraph, in plain words, and say so when you do not know.\"},{\"role\":\"user\","
             "\"content\":\"Why is the sky blue at noon and red in the evening? %s\"}]}",
             is_stream ? "\"stream\":true,\"stream_options\":{\"include_usage\":true}," : "", plan);
    *size = asprintf(&request,
                     "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nAccept: %s\r\n"
                     "Content-Type: application/json\r\nUser-Agent: bench\r\nContent-Length: %zu\r\n\r\n%s",
                     path, ntohs(target.sin_port), token, is_stream ? "text/event-stream" : "application/json", strlen(body), body);
    if (*size < 0) die("asprintf");
    return request;
}

static void make_requests(const char *path, const char *token_file) {
    char tokens[MOST][256];
    FILE *file = fopen(token_file, "r");
    if (!file) die(token_file);
    while (token_count < MOST && fscanf(file, "%255s", tokens[token_count]) == 1) token_count++;
    fclose(file);
    if (!token_count) fprintf(stderr, "No tokens in %s\n", token_file), exit(2);
    for (Call *c = calls; c < calls + call_count; c++) {
        c->requests = calloc((size_t)token_count, sizeof *c->requests);
        c->sizes = calloc((size_t)token_count, sizeof *c->sizes);
        if (!c->requests || !c->sizes) die("calloc");
        for (int t = 0; t < token_count; t++) c->requests[t] = make_request(c, path, tokens[t], &c->sizes[t]);
    }
}

/* ---- one request ---- */

static void hang_up(Slot *s) {
    if (s->fd >= 0) close(s->fd);
    s->fd = -1;
}

static void fail(Slot *s, long *reason, const char *what) {
    static int told;
    if (told++ < 3) fprintf(stderr, "%s: status %d, %lld bytes, %d events\n%.300s\n", what, s->status, (long long)s->body_bytes, s->events, s->line);
    ++*reason;
}

/* The answer is over, in an orderly way or not: counts it, and leaves the slot for the next. */
static void finish(Slot *s, int is_orderly) {
    const Call *c = s->call;
    int status = c->kind == ERROR ? ERROR_STATUS : 200;
    if (s->status != status) fail(s, s->status ? &failures.status : &failures.broken, "Unexpected status");
    else if (is_orderly != (c->kind != CUT)) fail(s, &failures.broken, is_orderly ? "Ended where it should break off" : "Broken off");
    else if (c->kind == JSON && s->body_bytes != JSON_BYTES) fail(s, &failures.length, "Unexpected length");
    else if (c->kind == ERROR && s->body_bytes == 0) fail(s, &failures.length, "Error without a body");
    else if (c->kind == STREAM && (s->events != c->events || !s->is_done)) fail(s, &failures.length, "Incomplete stream");
    else add(&took, now - s->started);
    events_seen += s->events;
    if (!is_orderly || s->closes) hang_up(s);
    s->state = IDLE;
    finished++;
}

static void watch(Slot *s, int operation, uint32_t events) {
    struct epoll_event e = {.events = events, .data.ptr = s};
    if (epoll_ctl(poller, operation, s->fd, &e)) die("epoll_ctl");
}

static void send_request(Slot *s) {
    s->started = now_ns();
    s->state = HEAD;
    if (send(s->fd, s->request, (size_t)s->request_size, MSG_NOSIGNAL) != s->request_size) finish(s, 0);
}

static void dial(Slot *s) {
    int one = 1;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) die("socket");
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connects++;
    s->state = CONNECTING;
    if (connect(s->fd, (struct sockaddr *)&target, sizeof target) && errno != EINPROGRESS) die("connect");
    watch(s, EPOLL_CTL_ADD, EPOLLOUT);
}

static void on_dialled(Slot *s) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        if (!failures.connect++) fprintf(stderr, "connect: %s\n", strerror(error));
        hang_up(s);
        s->state = IDLE;
        finished++;
        return;
    }
    watch(s, EPOLL_CTL_MOD, EPOLLIN);
    send_request(s);
}

static int may_start(void) {
    return (wanted ? started < wanted : now < stop_at);
}

static void start(Slot *s) {
    s->call = &calls[started % call_count];
    int token = (int)(started % token_count);
    s->request = s->call->requests[token], s->request_size = s->call->sizes[token];
    s->head_size = s->line_size = s->status = s->is_chunked = s->closes = s->is_done = s->events = 0;
    s->left = s->body_bytes = 0;
    s->chunk = SIZE;
    s->line[0] = 0;
    started++;
    if (s->fd < 0) dial(s);
    else send_request(s);
}

/* ---- what comes ---- */

static void take_line(Slot *s) {
    s->line[s->line_size] = 0;
    if (!strncmp(s->line, "data: [DONE]", 12)) s->is_done = 1;
    else if (!strncmp(s->line, "data: ", 6)) {
        char *at = strchr(s->line, '@');
        if (at) {
            s->events++;
            add(begun == at_once && !finished ? &lateness : &lateness_partly, now - atoll(at + 1));
        }
    }
    s->line_size = 0;
}

static void take_body(Slot *s, const char *data, int64_t size) {
    if (s->body_bytes == 0 && size > 0) add(&ttfb, now - s->started);
    s->body_bytes += size;
    if (s->call->kind < STREAM) { /* kept for telling what went wrong */
        int64_t n = size < LINE_BYTES - 1 - s->line_size ? size : LINE_BYTES - 1 - s->line_size;
        memcpy(s->line + s->line_size, data, (size_t)n);
        s->line[s->line_size += (int)n] = 0;
        return;
    }
    while (size > 0) {
        const char *end = memchr(data, '\n', (size_t)size);
        int64_t n = end ? end - data : size, room = LINE_BYTES - 1 - s->line_size;
        memcpy(s->line + s->line_size, data, (size_t)(n < room ? n : room));
        s->line_size += (int)(n < room ? n : room);
        if (end) take_line(s), n++;
        data += n, size -= n;
    }
}

/* Takes the chunked body apart. 1: the last chunk has come. */
static int take_chunks(Slot *s, const char *data, int64_t size) {
    while (size > 0 && s->chunk != ENDED) {
        if (s->chunk == DATA) {
            int64_t n = size < s->left ? size : s->left;
            take_body(s, data, n);
            data += n, size -= n;
            if (!(s->left -= n)) s->chunk = DATA_END, s->left = 2;
            continue;
        }
        char c = *data++;
        size--;
        if (s->chunk == SIZE && c == '\n') {
            s->chunk = s->left ? DATA : TRAILER;
        } else if (s->chunk == SIZE && c != '\r') {
            s->left = s->left * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        } else if (s->chunk == DATA_END && --s->left == 0) {
            s->chunk = SIZE;
        } else if (s->chunk == TRAILER && c == '\n') {
            s->chunk = ENDED;
        }
    }
    return s->chunk == ENDED;
}

/* 1: the answer is whole. */
static int take(Slot *s, const char *data, int64_t size) {
    if (s->state == HEAD) {
        int old = s->head_size;
        int64_t n = size < HEAD_BYTES - 1 - old ? size : HEAD_BYTES - 1 - old;
        memcpy(s->head + old, data, (size_t)n);
        s->head[s->head_size = old + (int)n] = 0;
        char *end = strstr(s->head, "\r\n\r\n");
        if (!end) return 0;
        end[2] = 0;
        s->status = atoi(s->head + 9);
        s->is_chunked = strcasestr(s->head, "\r\ntransfer-encoding: chunked") != NULL;
        s->closes = strcasestr(s->head, "\r\nconnection: close") != NULL;
        char *length = strcasestr(s->head, "\r\ncontent-length:");
        s->left = length ? atoll(length + 17) : 0;
        s->state = BODY;
        int64_t used = end + 4 - s->head - old;
        data += used, size -= used;
    }
    if (s->is_chunked) return take_chunks(s, data, size);
    take_body(s, data, size);
    return (s->left -= size) <= 0;
}

static void on_readable(Slot *s) {
    static char data[READ_BYTES];
    ssize_t n = recv(s->fd, data, sizeof data, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (s->state == IDLE || n <= 0) {
        if (s->state == IDLE) hang_up(s); /* the other side closed a connection nothing was asked on */
        else finish(s, 0);
        return;
    }
    if (s->call->kind >= STREAM) reads_of_streams++;
    if (take(s, data, n)) {
        finish(s, 1);
    } else if (s->call->kind == LEAVE && s->events >= s->call->leave_after) {
        s->closes = 1;
        finish(s, 1);
    }
}

/* ---- all requests ---- */

static int wait_ms(void) {
    int64_t next = give_up_at;
    for (Slot *s = slots + begun; s < slots + at_once && s->due < next; s++) next = s->due;
    return next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

static void start_due(void) {
    for (; begun < at_once && slots[begun].due <= now && may_start(); begun++) start(&slots[begun]);
}

static void run(void) {
    static struct epoll_event ready[READY];
    start_due();
    while (finished < started || may_start()) {
        int n = epoll_wait(poller, ready, READY, wait_ms());
        now = now_ns();
        for (int i = 0; i < n; i++) {
            Slot *s = ready[i].data.ptr;
            if (s->state == CONNECTING) on_dialled(s);
            else on_readable(s);
            if (s->state == IDLE && may_start()) start(s);
        }
        start_due();
        if (now >= give_up_at) break;
    }
    failures.unfinished = started - finished;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_series(const char *name, Series *s) {
    qsort(s->values, s->count, sizeof *s->values, by_size);
    if (!s->count) printf(",\"%s_us\":null", name);
    else printf(",\"%s_us\":{\"count\":%zu,\"p50\":%u,\"p99\":%u,\"max\":%u}", name, s->count, s->values[s->count / 2],
                s->values[s->count * 99 / 100], s->values[s->count - 1]);
}

int main(int count, char **words) {
    if (count != 9) return fprintf(stderr, "Usage: generator PORT PATH CALLS AT_ONCE REQUESTS SECONDS SPREAD_MS TOKENS\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    parse_calls(words[3]);
    make_requests(words[2], words[8]);
    at_once = atoi(words[4]), wanted = atol(words[5]);
    slots = calloc((size_t)at_once, sizeof *slots);
    if (!slots || at_once < 1 || !call_count) return 2;
    poller = epoll_create1(EPOLL_CLOEXEC);
    int64_t began = now = now_ns();
    stop_at = began + (int64_t)(atof(words[6]) * 1e9);
    give_up_at = stop_at + (wanted ? 0 : GRACE_SECONDS * 1000000000LL);
    for (int i = 0; i < at_once; i++) slots[i].fd = -1, slots[i].due = began + (int64_t)atoi(words[7]) * 1000000 * i / at_once;
    run();
    printf("{\"requests\":%ld,\"seconds\":%.6f,\"events\":%ld,\"reads_of_streams\":%ld,\"connects\":%ld", started,
           (double)(now_ns() - began) / 1e9, events_seen, reads_of_streams, connects);
    printf(",\"failures\":{\"connect\":%ld,\"status\":%ld,\"length\":%ld,\"broken\":%ld,\"unfinished\":%ld}", failures.connect,
           failures.status, failures.length, failures.broken, failures.unfinished);
    print_series("ttfb", &ttfb);
    print_series("took", &took);
    print_series("lateness", &lateness);
    print_series("lateness_partly", &lateness_partly);
    printf("}\n");
    return 0;
}
