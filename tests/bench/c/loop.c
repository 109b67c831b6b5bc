/* The least there is to do: one thread that writes the same bytes to every socket, with one send() each.
 *
 *   loop PORT FRAME_FILE       WebSocket handshakes for everybody; prints "listening"
 *
 * A connection that sends "GO n\n" makes it write the frame n times to all others, one pass after the other, and is
 * answered "DONE\n". What a socket does not take is dropped (readers of the bench take everything).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX = 70000 };
static int fds[MAX], place[1 << 20], count;
static char frame[1 << 20];
static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void forget(int fd) {
  if (place[fd] >= 0) {
    int last = fds[--count];
    fds[place[fd]] = last;
    place[last] = place[fd];
    place[fd] = -1;
  }
  close(fd);
}

int main(int argc, char **argv) {
  static struct epoll_event ready[1024];
  struct sockaddr_in address = {.sin_family = AF_INET};
  struct rlimit files;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poller = epoll_create1(0);
  size_t size;
  FILE *file;
  if (argc < 3) return 2;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  file = fopen(argv[2], "rb");
  if (!file) { perror(argv[2]); return 1; }
  size = fread(frame, 1, sizeof frame, file);
  memset(place, 0xff, sizeof place);
  address.sin_port = htons(atoi(argv[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) { perror("listen"); return 1; }
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
  printf("listening\n");
  fflush(stdout);
  for (;;) {
    int number = epoll_wait(poller, ready, 1024, -1);
    for (int n = 0; n < number; n++) {
      int fd = ready[n].data.fd;
      char data[4096];
      ssize_t got;
      if (fd == listener) {
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
          epoll_ctl(poller, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
        continue;
      }
      got = read(fd, data, sizeof data - 1);
      if (got <= 0) { if (!got || (errno != EAGAIN && errno != EINTR)) forget(fd); continue; }
      data[got] = 0;
      if (!strncmp(data, "GET ", 4)) {
        if (write(fd, answer, sizeof answer - 1) < 0) { forget(fd); continue; }
        if (count < MAX) { place[fd] = count; fds[count++] = fd; }
      } else if (!strncmp(data, "GO ", 3)) {
        for (int times = atoi(data + 3); times > 0; times--)
          for (int i = 0; i < count; i++)
            if (send(fds[i], frame, size, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET) perror("send");
        if (write(fd, "DONE\n", 5) < 0) forget(fd);
      }
    }
  }
}
