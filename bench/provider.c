/* A provider that answers at once: JSON, streams of events, errors, streams cut off. One thread, epoll, HTTP/1.1.
 *
 * Usage: provider PORT. Serves until it is ended. What to answer stands in the request's body, as the first "@":
 *   @json            600 bytes of JSON with usage
 *   @stream:N:MS     N events, MS milliseconds apart (0: as fast as they can be sent, one write an event), usage, [DONE]
 *   @cut:N:MS        N events, then the connection is closed in the middle of the answer
 *   @error:STATUS    an error of that status
 * Every event bears the time it was sent, in nanoseconds of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { JSON_BYTES = 600, IN_BYTES = 65536, OUT_BYTES = 2048, READY = 1024 };

typedef struct Conn {
    int fd, in_size, out_size, out_sent;
    int events_left, interval_ms, cuts, is_streaming, is_waiting_for_room;
    int64_t due;              /* when the next event is to be sent, ns */
    int heap_at;              /* place among the timed, or -1 */
    struct Conn *prev, *next; /* among those that send as fast as they can */
    char in[IN_BYTES], out[OUT_BYTES];
} Conn;

static int poller;
static Conn *fast;                        /* ring of streams without delay */
static Conn **timed;                      /* heap of streams with delay, soonest first */
static int timed_count, timed_room;
static char json_answer[JSON_BYTES + 512];
static int json_answer_size;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* ---- the two ways to wait for the next event ---- */

static void place(Conn *c, int at) {
    timed[at] = c;
    c->heap_at = at;
}

static void sift(int at) {
    Conn *c = timed[at];
    while (at > 0 && c->due < timed[(at - 1) / 2]->due) {
        place(timed[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    for (int child; (child = 2 * at + 1) < timed_count; at = child) {
        if (child + 1 < timed_count && timed[child + 1]->due < timed[child]->due) child++;
        if (timed[child]->due >= c->due) break;
        place(timed[child], at);
    }
    place(c, at);
}

static void add_timed(Conn *c) {
    if (timed_count == timed_room) {
        timed_room = timed_room ? timed_room * 2 : 256;
        timed = realloc(timed, (size_t)timed_room * sizeof *timed);
        if (!timed) die("realloc");
    }
    place(c, timed_count++);
    sift(c->heap_at);
}

static void add_fast(Conn *c) {
    if (fast) {
        c->next = fast, c->prev = fast->prev;
        c->prev->next = c, fast->prev = c;
    } else {
        fast = c->next = c->prev = c;
    }
}

static void schedule(Conn *c) {
    if (c->interval_ms) add_timed(c);
    else add_fast(c);
}

static void unschedule(Conn *c) {
    if (c->heap_at >= 0) {
        int at = c->heap_at;
        c->heap_at = -1;
        Conn *last = timed[--timed_count];
        if (last != c) {
            place(last, at);
            sift(at);
        }
    }
    if (c->next) {
        if (fast == c) fast = c->next == c ? NULL : c->next;
        c->prev->next = c->next, c->next->prev = c->prev;
        c->next = c->prev = NULL;
    }
}

/* ---- connections ---- */

static void drop(Conn *c) {
    unschedule(c);
    close(c->fd);
    free(c);
}

static void watch(Conn *c, int with_room) {
    struct epoll_event e = {.events = EPOLLIN | (with_room ? EPOLLOUT : 0), .data.ptr = c};
    c->is_waiting_for_room = with_room;
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e);
}

/* Sends what is in `out`. 1: all sent; 0: it waits for room; -1: the caller is gone, and so is the connection. */
static int flush_out(Conn *c) {
    ssize_t n = send(c->fd, c->out + c->out_sent, (size_t)(c->out_size - c->out_sent), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) {
        drop(c);
        return -1;
    }
    if (n > 0) c->out_sent += (int)n;
    if (c->out_sent == c->out_size) {
        c->out_size = c->out_sent = 0;
        if (c->is_waiting_for_room) watch(c, 0);
        return 1;
    }
    unschedule(c);
    if (!c->is_waiting_for_room) watch(c, 1);
    return 0;
}

static void put_chunk(Conn *c, const char *data) {
    c->out_size += snprintf(c->out + c->out_size, (size_t)(OUT_BYTES - c->out_size), "%zx\r\n%s\r\n", strlen(data), data);
}

static void put_event(Conn *c) {
    char event[256];
    snprintf(event, sizeof event,
             "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":"
             "{\"content\":\"@%019lld\"}}]}\n\n", (long long)now_ns());
    put_chunk(c, event);
}

static void put_end(Conn *c) {
    put_chunk(c, "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[],"
                 "\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":200,\"total_tokens\":260}}\n\n");
    put_chunk(c, "data: [DONE]\n\n");
    put_chunk(c, "");
}

/* Sends the next event, or the end. 0: the connection is gone. */
static int step(Conn *c) {
    if (c->events_left > 0) {
        c->events_left--;
        put_event(c);
        c->due += c->interval_ms * 1000000LL;
        if (c->heap_at >= 0) sift(c->heap_at);
        return flush_out(c) >= 0;
    }
    if (c->cuts) {
        drop(c);
        return 0;
    }
    unschedule(c);
    c->is_streaming = 0;
    put_end(c);
    return flush_out(c) >= 0;
}

static void start_stream(Conn *c, int events, int interval_ms, int cuts) {
    c->events_left = events, c->interval_ms = interval_ms, c->cuts = cuts, c->is_streaming = 1;
    c->due = now_ns();
    c->out_size = snprintf(c->out, OUT_BYTES, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: req_1\r\n"
                                              "Transfer-Encoding: chunked\r\n\r\n");
    schedule(c);
}

static int answer(Conn *c, const char *body) {
    char kind[8] = "";
    int first = 0, second = 0;
    const char *plan = strchr(body, '@');
    if (plan) sscanf(plan, "@%7[a-z]:%d:%d", kind, &first, &second);
    if (!strcmp(kind, "json")) {
        memcpy(c->out, json_answer, (size_t)json_answer_size);
        c->out_size = json_answer_size;
    } else if (!strcmp(kind, "stream") || !strcmp(kind, "cut")) {
        start_stream(c, first, second, kind[0] == 'c');
        return step(c);
    } else {
        const char *error = "{\"error\":{\"message\":\"As asked.\",\"type\":\"server_error\",\"param\":null,\"code\":null}}";
        c->out_size = snprintf(c->out, OUT_BYTES, "HTTP/1.1 %d As asked\r\nContent-Type: application/json\r\n"
                                                  "Content-Length: %zu\r\n\r\n%s", first ? first : 404, strlen(error), error);
    }
    return flush_out(c) >= 0;
}

/* Answers the request in `in`, once it is whole. 0: the connection is gone. */
static int take_request(Conn *c) {
    c->in[c->in_size] = 0;
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return 1;
    end[2] = 0;
    char *length = strcasestr(c->in, "\r\ncontent-length:");
    int head = (int)(end + 4 - c->in), body = length ? atoi(length + 17) : 0;
    end[2] = '\r';
    if (body < 0 || head + body >= IN_BYTES) {
        drop(c);
        return 0;
    }
    if (c->in_size < head + body) return 1;
    char after = c->in[head + body];
    c->in[head + body] = 0;
    int lives = answer(c, c->in + head);
    if (!lives) return 0;
    c->in[head + body] = after;
    c->in_size -= head + body;
    memmove(c->in, c->in + head + body, (size_t)c->in_size);
    return 1;
}

static void on_ready(Conn *c, uint32_t events) {
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        ssize_t n = recv(c->fd, c->in + c->in_size, (size_t)(IN_BYTES - 1 - c->in_size), 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            drop(c);
            return;
        }
        if (n > 0) c->in_size += (int)n;
        if (n > 0 && !take_request(c)) return;
    }
    if ((events & EPOLLOUT) && c->is_waiting_for_room && flush_out(c) == 1 && c->is_streaming) schedule(c);
}

static void accept_all(int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        Conn *c = malloc(sizeof *c);
        if (!c) die("malloc");
        memset(c, 0, offsetof(Conn, in));
        c->fd = fd, c->heap_at = -1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    }
}

static int listen_on(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) die("listen");
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e);
    return fd;
}

static void make_json_answer(void) {
    static const char start[] = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"gpt-4o-mini\","
                                "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"";
    static const char end[] = "\"}}],\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":90,\"total_tokens\":150}}";
    int head = snprintf(json_answer, sizeof json_answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_1\r\n"
                                                         "Content-Length: %d\r\n\r\n", JSON_BYTES);
    char *body = json_answer + head;
    memset(body, 'x', JSON_BYTES);
    memcpy(body, start, sizeof start - 1);
    memcpy(body + JSON_BYTES - (sizeof end - 1), end, sizeof end - 1);
    json_answer_size = head + JSON_BYTES;
}

static int wait_ms(void) {
    if (fast) return 0;
    if (!timed_count) return -1;
    int64_t left = timed[0]->due - now_ns();
    return left <= 0 ? 0 : (int)((left + 999999) / 1000000);
}

static void step_all(void) {
    Conn *first = fast, *c = fast;
    int left = 0;
    if (first)
        do left++, c = c->next; while (c != first);
    while (left-- > 0 && fast) { /* one event each, in turn */
        c = fast;
        fast = fast->next;
        step(c);
    }
    for (int64_t now = now_ns(); timed_count && timed[0]->due <= now;) step(timed[0]);
}

int main(int count, char **words) {
    static struct epoll_event ready[READY];
    if (count != 2) return fprintf(stderr, "Usage: provider PORT\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    make_json_answer();
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(atoi(words[1]));
    for (;;) {
        int n = epoll_wait(poller, ready, READY, wait_ms());
        for (int i = 0; i < n; i++) {
            if (ready[i].data.ptr) on_ready(ready[i].data.ptr, ready[i].events);
            else accept_all(listener);
        }
        step_all();
    }
}
