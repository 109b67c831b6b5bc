/* Many followers in one thread: opens WebSockets or event streams, subscribes, and counts what arrives.
 *
 *   followers HOST PORT KIND [TOKENS]        KIND: channel | channel-sse | plain | nchan | nchan-sse
 *
 * Orders come on standard input, one a line; each is answered by one line of JSON on standard output.
 *
 *   open N STREAM                   N more followers, each on the next token of the file TOKENS if there is one;
 *                                   answered when all are subscribed (plain, nchan: when all are connected).
 *                                   PIPE connections are on their way at once.
 *   return N STREAM AFTER EVENTS S  N more that have seen everything up to AFTER, all of them as fast as they can;
 *                                   answered when each has had EVENTS events, or after S seconds
 *   stop N                          N of them read no more (their receive buffers were made small at `small`)
 *   small BYTES                     receive buffer of those opened from now on, in segments as an Ethernet has them: loopback's
 *                                   are so large that the sender's kernel holds megabytes for a reader; 0: the system's own
 *   hear EVENTS SECONDS             wait until every reading follower has had EVENTS more events, or so long;
 *                                   answered with moments (CLOCK_MONOTONIC, ms): first, last, p50, p99, and counts
 *   rest                            forget what was counted
 *   drop N                          close N of them, with a reset
 *   idle SECONDS                    only answer pings for so long
 *   count                           how many are open, closed by the server, duplicates, gaps
 *
 * An event is a frame (or `data:` line) that holds "type":"event" and "seq":N. For plain servers it is each frame.
 * Between orders pings are answered.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX = 70000, KEEP = 2048, PIPE = 256, READ = 1 << 18 };
enum state { FREE, CONNECTING, SHAKING, SUBSCRIBING, LISTENING, STOPPED, CLOSED };

struct follower {
  int fd;
  enum state state;
  uint32_t events, heard;   /* since `rest`, and in this `hear` */
  int64_t seq;              /* of the newest event */
  uint64_t left;            /* of the frame that is being skipped */
  uint32_t held;            /* bytes in `keep`: the beginning of a frame, or of a line */
  char keep[KEEP];
};

static struct follower *all;
static int count, poller, reading, opened, wanted_events, through;
static int small, sse, product, ordered;
static const char *host, *kind;
static int port;
static char **tokens;
static int token_count, token_next;
static char stream[256], cursor[128];
static long long duplicates, gaps, closed_by_server, bytes_read;
static double *moments;
static int moment_count;
static char buffer[READ];

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void die(const char *what) {
  fprintf(stderr, "followers: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(struct follower *f, uint32_t events, int op) {
  struct epoll_event e = {.events = events, .data.ptr = f};
  if (epoll_ctl(poller, op, f->fd, &e) && op != EPOLL_CTL_DEL) die("epoll_ctl");
}

static void connect_one(struct follower *f) {
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
  int one = 1, number = f - all;
  memset(f, 0, offsetof(struct follower, keep));
  f->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (f->fd < 0) die("socket");
  if (small) {
    int segment = 1460;
    setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(f->fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
  }
  setsockopt(f->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
#ifdef IP_BIND_ADDRESS_NO_PORT
  setsockopt(f->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
#endif
  /* 4,000 from each loopback address: one address has no more than 28,000 ports. */
  from.sin_addr.s_addr = htonl(0x7f000100 + 1 + number / 4000);
  if (bind(f->fd, (struct sockaddr *)&from, sizeof from)) die("bind");
  inet_pton(AF_INET, host, &to.sin_addr);
  if (connect(f->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) die("connect");
  f->state = CONNECTING;
  f->seq = cursor[0] ? atoll(cursor) : -1;
  watch(f, EPOLLOUT, EPOLL_CTL_ADD);
}

static void say(struct follower *f, const char *text) {
  /* A masked text frame; the mask is zero. */
  unsigned char head[8] = {0x81};
  size_t size = strlen(text), at = 2;
  char out[1024];
  if (size < 126) head[1] = 0x80 | size;
  else { head[1] = 0x80 | 126; head[2] = size >> 8; head[3] = size; at = 4; }
  memcpy(out, head, at);
  memset(out + at, 0, 4);
  memcpy(out + at + 4, text, size);
  if (write(f->fd, out, at + 4 + size) < 0 && errno != EPIPE && errno != ECONNRESET) die("write");
}

static void shake(struct follower *f) {
  char out[2048], credentials[300] = "";
  const char *path = stream;
  int size;
  if (token_count) snprintf(credentials, sizeof credentials, "Authorization: Bearer %s\r\n", tokens[token_next++ % token_count]);
  if (sse) {
    char target[700];
    if (product) snprintf(target, sizeof target, "/live/sse?stream=%s%s%s", stream, cursor[0] ? "&after=" : "", cursor);
    else snprintf(target, sizeof target, "%s", path);
    size = snprintf(out, sizeof out, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nAccept: text/event-stream\r\n%s\r\n", target, host, port, credentials);
  } else {
    size = snprintf(out, sizeof out,
      "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n", product ? "/live" : path, host, port,
      product ? "Sec-WebSocket-Protocol: channel.v1\r\n" : "", credentials);
  }
  if (write(f->fd, out, size) < 0 && errno != EPIPE && errno != ECONNRESET) die("write");
  f->state = SHAKING;
  watch(f, EPOLLIN, EPOLL_CTL_MOD);
}

static void subscribed(struct follower *f) { f->state = LISTENING; opened++; reading++; }

static void lost(struct follower *f) {
  if (f->state == LISTENING) reading--;
  if (f->state != FREE && f->state != CLOSED) closed_by_server++;
  watch(f, 0, EPOLL_CTL_DEL);
  close(f->fd);
  f->state = CLOSED;
}

static void event(struct follower *f, const char *text, size_t size) {
  const char *at = NULL;
  if (product) {
    if (!(memmem(text, size < 400 ? size : 400, "\"type\":\"event\"", 14))) {
      if (f->state == SUBSCRIBING && memmem(text, size, "\"type\":\"subscribed\"", 19)) {
        if (memmem(text, size, "\"gap\":{", 7)) f->seq = -1; /* it is told that it has missed something */
        subscribed(f);
      }
      return;
    }
    at = memmem(text, size < 400 ? size : 400, "\"seq\":", 6);
    if (at) {
      int64_t seq = atoll(at + 6);
      if (f->seq >= 0 && seq <= f->seq) duplicates++;
      if (f->seq >= 0 && seq > f->seq + 1) gaps++;
      f->seq = seq;
    }
  }
  f->events++;
  if (f->state == LISTENING && ++f->heard == (uint32_t)wanted_events) {
    if (moment_count < MAX) moments[moment_count++] = now_ms();
    through++;
  }
}

static void pong(struct follower *f) {
  static const unsigned char here[6] = {0x8a, 0x80};
  if (write(f->fd, here, sizeof here) < 0 && errno != EPIPE && errno != ECONNRESET) die("write");
}

/* Takes whole frames off `data`; returns what was used. A long frame is looked at when KEEP bytes of it are here. */
static size_t frames(struct follower *f, const char *data, size_t size) {
  size_t used = 0;
  while (size - used >= 2) {
    const unsigned char *p = (const unsigned char *)data + used;
    uint64_t length = p[1] & 0x7f;
    size_t head = 2, here;
    if (length == 126) { head = 4; if (size - used < 4) break; length = p[2] << 8 | p[3]; }
    else if (length == 127) {
      head = 10;
      if (size - used < 10) break;
      length = 0;
      for (int n = 2; n < 10; n++) length = length << 8 | p[n];
    }
    here = size - used - head;
    if (here < length && here < 512) break;
    if ((p[0] & 0x0f) == 9 && length == 0) pong(f);
    if ((p[0] & 0x0f) == 1) event(f, data + used + head, here < length ? here : length);
    if (f->state == CLOSED) return size;
    if (here < length) { f->left = length - here; return size; }
    used += head + length;
  }
  return used;
}

static size_t lines(struct follower *f, const char *data, size_t size) {
  size_t used = 0;
  const char *end;
  while ((end = memchr(data + used, '\n', size - used))) {
    size_t length = end - (data + used);
    if (length > 6 && !memcmp(data + used, "data: ", 6)) event(f, data + used + 6, length - 6);
    used += length + 1;
  }
  return used;
}

static void take(struct follower *f, const char *data, size_t size) {
  size_t used;
  if (f->left) {
    used = f->left < size ? f->left : size;
    f->left -= used;
    data += used;
    size -= used;
  }
  if (!size) return;
  if (f->held) {
    /* Join with what was kept; what is kept is always less than KEEP. */
    static char joined[READ + KEEP];
    memcpy(joined, f->keep, f->held);
    memcpy(joined + f->held, data, size);
    size += f->held;
    data = joined;
    f->held = 0;
    used = sse ? lines(f, data, size) : frames(f, data, size);
  } else used = sse ? lines(f, data, size) : frames(f, data, size);
  size -= used;
  if (!size) return;
  if (size > KEEP - 1) {
    if (!sse) { errno = EMSGSIZE; die("a frame that is neither short nor long"); }
    /* A long line: what counts stands at its beginning, the rest is not needed. */
    event(f, data + used + (memcmp(data + used, "data: ", 6) ? 0 : 6), 400);
    f->held = 0;
    f->keep[0] = 0;
    return;
  }
  memcpy(f->keep, data + used, size);
  f->held = size;
}

static void handshaken(struct follower *f, char *data, size_t size) {
  char *end;
  if (f->held + size >= KEEP && f->held) die("handshake too long");
  if (f->held) {
    static char joined[READ + KEEP];
    memcpy(joined, f->keep, f->held);
    memcpy(joined + f->held, data, size);
    size += f->held;
    data = joined;
    f->held = 0;
  }
  end = memmem(data, size, "\r\n\r\n", 4);
  if (!end) { memcpy(f->keep, data, size); f->held = size; return; }
  if (memcmp(data + 9, sse ? "200" : "101", 3)) {
    if (memcmp(data + 9, "503", 3) && memcmp(data + 9, "429", 3)) { fprintf(stderr, "followers: refused: %.300s\n", data); }
    lost(f);
    return;
  }
  if (product) {
    f->state = SUBSCRIBING;
    if (!sse) {
      char text[700];
      snprintf(text, sizeof text, "{\"type\":\"subscribe\",\"id\":1,\"streams\":[{\"stream\":\"%s\"%s%s}]}", stream,
               cursor[0] ? ",\"after\":" : "", cursor);
      say(f, text);
    }
  } else subscribed(f);
  size -= end + 4 - data;
  if (size) take(f, end + 4, size);
}

static void readable(struct follower *f) {
  ssize_t size = read(f->fd, buffer, READ);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) { lost(f); return; }
  bytes_read += size;
  if (f->state == SHAKING) handshaken(f, buffer, size);
  else if (f->state == SUBSCRIBING || f->state == LISTENING) take(f, buffer, size);
}

static void turn(int wait_ms) {
  static struct epoll_event ready[1024];
  int number = epoll_wait(poller, ready, 1024, wait_ms);
  for (int n = 0; n < number; n++) {
    struct follower *f = ready[n].data.ptr;
    if (!f) { ordered = 1; continue; }
    if (f->state == CONNECTING) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error) { lost(f); continue; }
      shake(f);
    } else readable(f);
  }
}

static int by_time(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Opens so many and waits until they are subscribed, or refused, or it has taken too long. Returns how many are. */
static int open_more(int more, double seconds) {
  double started = now_ms();
  int before = opened, begun = 0;
  long long refused_before = closed_by_server;
  while (opened - before + closed_by_server - refused_before < more && now_ms() - started < seconds * 1e3) {
    while (begun < more && begun - (opened - before) - (closed_by_server - refused_before) < PIPE) {
      if (count >= MAX) { errno = EMFILE; die("open"); }
      connect_one(&all[count++]);
      begun++;
    }
    turn(100);
  }
  return opened - before;
}

static void open_told(int more) {
  double started = now_ms();
  long long refused_before = closed_by_server;
  int got = open_more(more, 120);
  printf("{\"opened\": %d, \"took_ms\": %.3f, \"refused\": %lld}\n", got, now_ms() - started,
         closed_by_server - refused_before);
}

static void want(int events) {
  wanted_events = events;
  moment_count = through = 0;
  for (int n = 0; n < count; n++) all[n].heard = 0;
}

static void listen_until(double started, double seconds) {
  double first, last;
  while (through < reading && now_ms() - started < seconds * 1e3) turn(50);
  qsort(moments, moment_count, sizeof *moments, by_time);
  first = moment_count ? moments[0] : 0;
  last = moment_count ? moments[moment_count - 1] : 0;
  printf("{\"heard\": %d, \"of\": %d, \"first_ms\": %.3f, \"last_ms\": %.3f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
         "\"duplicates\": %lld, \"gaps\": %lld, \"closed\": %lld}\n",
         through, reading, first, last, moment_count ? moments[moment_count / 2] : 0,
         moment_count ? moments[(int)(moment_count * 0.99)] : 0, duplicates, gaps, closed_by_server);
}

static void hear(int events, double seconds) {
  double started = now_ms();
  want(events);
  printf("{\"armed\": true}\n");
  fflush(stdout);
  listen_until(started, seconds);
}

static void come_back(int more, int events, double seconds) {
  double started = now_ms();
  want(events);
  open_more(more, seconds);
  listen_until(started, seconds);
  cursor[0] = 0;
}

static void stop_some(int number) {
  int stopped = 0;
  for (int n = 0; n < count && stopped < number; n++)
    if (all[n].state == LISTENING) {
      watch(&all[n], 0, EPOLL_CTL_DEL);
      all[n].state = STOPPED;
      reading--;
      stopped++;
    }
  printf("{\"stopped\": %d}\n", stopped);
}

static void drop_some(int number) {
  struct linger now = {1, 0};
  int dropped = 0;
  for (int n = count - 1; n >= 0 && dropped < number; n--)
    if (all[n].state == LISTENING || all[n].state == STOPPED) {
      if (all[n].state == LISTENING) reading--;
      setsockopt(all[n].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(all[n].fd);
      all[n].state = CLOSED;
      opened--;
      dropped++;
    }
  while (count && all[count - 1].state == CLOSED) count--;
  printf("{\"dropped\": %d}\n", dropped);
}

int main(int argc, char **argv) {
  char line[1024];
  struct rlimit files = {MAX + 100, MAX + 100};
  if (argc < 4) { fprintf(stderr, "usage: followers HOST PORT KIND [TOKENS]\n"); return 2; }
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  host = argv[1];
  port = atoi(argv[2]);
  kind = argv[3];
  sse = strstr(kind, "sse") != NULL;
  product = !strncmp(kind, "channel", 7);
  if (argc > 4) {
    FILE *file = fopen(argv[4], "r");
    tokens = calloc(MAX, sizeof *tokens);
    if (!file) die(argv[4]);
    while (token_count < MAX && fgets(line, sizeof line, file)) {
      line[strcspn(line, "\r\n")] = 0;
      if (line[0]) tokens[token_count++] = strdup(line);
    }
    fclose(file);
  }
  all = calloc(MAX, sizeof *all);
  moments = calloc(MAX, sizeof *moments);
  poller = epoll_create1(0);
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
  for (;;) {
    int number = 0, events = 0;
    double seconds = 0;
    char more[256] = "";
    while (!ordered) turn(1000);
    ordered = 0;
    if (!fgets(line, sizeof line, stdin)) break;
    if (sscanf(line, "open %d %255s", &number, more) == 2) {
      memcpy(stream, more, sizeof stream);
      open_told(number);
    } else if (sscanf(line, "return %d %255s %127s %d %lf", &number, more, cursor, &events, &seconds) == 5) {
      memcpy(stream, more, sizeof stream);
      come_back(number, events, seconds);
    } else if (sscanf(line, "hear %d %lf", &number, &seconds) == 2) hear(number, seconds);
    else if (sscanf(line, "stop %d", &number) == 1) stop_some(number);
    else if (sscanf(line, "drop %d", &number) == 1) drop_some(number);
    else if (sscanf(line, "small %d", &number) == 1) { small = number; printf("{\"small\": %d}\n", small); }
    else if (sscanf(line, "idle %lf", &seconds) == 1) {
      double until = now_ms() + seconds * 1e3;
      while (now_ms() < until) turn(50);
      printf("{\"idle\": %.3f}\n", seconds);
    } else if (!strncmp(line, "rest", 4)) {
      duplicates = gaps = closed_by_server = 0;
      printf("{\"rest\": true}\n");
    } else if (!strncmp(line, "count", 5))
      printf("{\"open\": %d, \"reading\": %d, \"closed\": %lld, \"duplicates\": %lld, \"gaps\": %lld, \"bytes\": %lld}\n",
             opened, reading, closed_by_server, duplicates, gaps, bytes_read);
    else printf("{\"error\": \"unknown order\"}\n");
    fflush(stdout);
  }
  return 0;
}
