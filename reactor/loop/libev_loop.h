// libev's loop itself: what Loop asks of it, and nobody else.
//
// What it is: beside the watchers (watcher.h) the other door to libev; not installed.
// Lifetime: loop_destroy() is for what loop_new() made. A host's loop is the host's.
// Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_LIBEV_LOOP_H
#define SLUICE_REACTOR_LOOP_LIBEV_LOOP_H

struct ev_loop;

namespace sluice::detail {

inline constexpr unsigned kBackendSelect = 1;
inline constexpr unsigned kBackendPoll = 2;
inline constexpr unsigned kBackendEpoll = 4;

enum class RunMode { until_stopped, once, no_wait };

struct ev_loop* loop_new(unsigned backend) noexcept;  // null when there is none such
void loop_destroy(struct ev_loop* loop) noexcept;
unsigned loop_backend(struct ev_loop* loop) noexcept;
// Whether the system watches what was started. REQUIRES: a new loop, where nothing can be ready.
bool loop_watches(struct ev_loop* loop) noexcept;
// until_stopped goes on although nothing is watched: another thread may still post.
void loop_run(struct ev_loop* loop, RunMode mode) noexcept;
void loop_break(struct ev_loop* loop) noexcept;
unsigned loop_depth(struct ev_loop* loop) noexcept;  // how many runs of it are under way
void loop_update_time(struct ev_loop* loop) noexcept;

}  // namespace sluice::detail

#endif
