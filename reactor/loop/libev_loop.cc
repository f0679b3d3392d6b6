#include "libev_loop.h"

#include <ev.h>

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

void loop_break(struct ev_loop* loop) noexcept { ev_break(loop, EVBREAK_ONE); }
unsigned loop_depth(struct ev_loop* loop) noexcept { return ev_depth(loop); }
void loop_update_time(struct ev_loop* loop) noexcept { ev_now_update(loop); }

}  // namespace sluice::detail
