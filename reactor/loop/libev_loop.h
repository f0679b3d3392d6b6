// The functions of libev that Loop needs. Only for Loop.
//
// What it is: with the watchers (watcher.h), the only interface to libev; not installed.
// Lifetime: loop_destroy() is for loops from loop_new(). A host's loop belongs to the host.
// Thread: the loop's.
#ifndef SLUICE_REACTOR_LOOP_LIBEV_LOOP_H
#define SLUICE_REACTOR_LOOP_LIBEV_LOOP_H

struct ev_loop;

namespace sluice::detail {

inline constexpr unsigned kBackendSelect = 1;
inline constexpr unsigned kBackendPoll = 2;
inline constexpr unsigned kBackendEpoll = 4;

enum class RunMode { until_stopped, once, no_wait };

struct ev_loop* loop_new(unsigned backend) noexcept;  // null if the system does not have it
void loop_destroy(struct ev_loop* loop) noexcept;
unsigned loop_backend(struct ev_loop* loop) noexcept;
// Whether the system watches the started watchers. REQUIRES: a new loop, in which nothing can be
// ready.
bool loop_watches(struct ev_loop* loop) noexcept;
// until_stopped continues even if nothing is watched: another thread may still post.
void loop_run(struct ev_loop* loop, RunMode mode) noexcept;
void loop_break(struct ev_loop* loop) noexcept;
unsigned loop_depth(struct ev_loop* loop) noexcept;    // the number of runs in progress
unsigned loop_pending(struct ev_loop* loop) noexcept;  // the number of callbacks that wait
// The descriptor on which the loop waits: readable when an event is ready. -1 if its backend has
// none, as poll and select, or cannot be watched by another one.
int loop_descriptor(struct ev_loop* loop) noexcept;
// Takes a descriptor that nothing watches any more, and that stays open, out of the backend, which
// would otherwise report its events. REQUIRES: its watchers were stopped.
void loop_forget(struct ev_loop* loop, int fd) noexcept;
void loop_update_time(struct ev_loop* loop) noexcept;

}  // namespace sluice::detail

#endif
