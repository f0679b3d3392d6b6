#include "libev_loop.h"

#include <ev.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

namespace sluice::detail {

static_assert(kBackendSelect == EVBACKEND_SELECT);
static_assert(kBackendPoll == EVBACKEND_POLL);
static_assert(kBackendEpoll == EVBACKEND_EPOLL);

struct ev_loop* loop_new(unsigned backend) noexcept {
  // NOENV: an environment variable must not choose another backend than the program. NOSIGMASK: the
  // signal mask belongs to the host, which may have threads.
  return ev_loop_new(backend | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
}

void loop_destroy(struct ev_loop* loop) noexcept { ev_loop_destroy(loop); }
unsigned loop_backend(struct ev_loop* loop) noexcept { return ev_backend(loop); }

// No watcher of ours gets kRefused for libev's own wake-up. If the system refuses it, an event is
// pending although nothing can be ready.
bool loop_watches(struct ev_loop* loop) noexcept {
  ev_set_invoke_pending_cb(loop, [](struct ev_loop*) {});
  ev_run(loop, EVRUN_NOWAIT);
  const bool refused = ev_pending_count(loop) > 0;
  ev_set_invoke_pending_cb(loop, ev_invoke_pending);
  return !refused;
}

void loop_run(struct ev_loop* loop, RunMode mode) noexcept {
  ev_ref(loop);  // for later posts and signals, which libev does not count
  switch (mode) {
    case RunMode::until_stopped:
      ev_run(loop, 0);
      break;
    case RunMode::once:
      ev_run(loop, EVRUN_ONCE);
      break;
    case RunMode::no_wait:
      ev_run(loop, EVRUN_NOWAIT);
      break;
  }
  ev_unref(loop);
}

int loop_descriptor(struct ev_loop* loop) noexcept {
  if ((ev_backend(loop) & ev_embeddable_backends()) == 0) return -1;
  // There is no function for it, but a watcher that embeds a loop watches it.
  ev_embed embed;
  ev_embed_init(&embed, nullptr, loop);
  ev_embed_start(loop, &embed);
  const int fd = embed.io.fd;
  ev_embed_stop(loop, &embed);
  return fd;
}

// libev leaves a descriptor that is not watched any more in epoll: usually it is about to be
// closed.
void loop_forget(struct ev_loop* loop, int fd) noexcept {
#ifdef __linux__
  const int epoll = loop_descriptor(loop);
  if (epoll >= 0) ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);  // ENOENT: it never waited for it
#else
  (void)loop;
  (void)fd;
#endif
}

unsigned loop_pending(struct ev_loop* loop) noexcept { return ev_pending_count(loop); }
void loop_break(struct ev_loop* loop) noexcept { ev_break(loop, EVBREAK_ONE); }
unsigned loop_depth(struct ev_loop* loop) noexcept { return ev_depth(loop); }
void loop_update_time(struct ev_loop* loop) noexcept { ev_now_update(loop); }

}  // namespace sluice::detail
