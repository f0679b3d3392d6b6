// A coroutine that talks to peers. Include <sluice/coro.h>.
//
// What it is: the return type of such a coroutine, and the owner of its frame. It may await what
// <sluice/coro.h> has, and nothing else.
// Lifetime: destroying it destroys the frame, and so cancels what it waits for. It must be
// destroyed before its loop, and not while the coroutine runs.
// Thread: the loop's.
#ifndef SLUICE_REACTOR_CORO_CONVERSATION_H
#define SLUICE_REACTOR_CORO_CONVERSATION_H

#include <coroutine>
#include <exception>
#include <utility>

namespace sluice::co {

class Conversation {
 public:
  // Is told when the coroutine has returned or thrown.
  class Owner {
   public:
    virtual void on_return(bool has_thrown) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;
  struct promise_type {
    Conversation get_return_object() noexcept { return Conversation(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }

    std::exception_ptr error;
    Owner* owner = nullptr;
  };

  Conversation() noexcept = default;
  Conversation(Conversation&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Conversation& operator=(Conversation&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Conversation() { reset(); }

  // Runs it until it waits. Throws what it throws until then; later exceptions leave the callback
  // that it waited for. REQUIRES: not started yet.
  void start(Owner* owner = nullptr) {
    handle_.promise().owner = owner;
    proceed(handle_);
  }
  // It has returned or thrown.
  [[nodiscard]] bool done() const noexcept { return handle_ == nullptr || handle_.done(); }
  // Cancels it.
  void reset() noexcept {
    if (handle_ != nullptr) std::exchange(handle_, nullptr).destroy();
  }

  // For what is awaited: runs the coroutine until it waits again.
  static void proceed(Handle handle) {
    handle.resume();
    if (!handle.done()) return;
    const std::exception_ptr error = std::exchange(handle.promise().error, nullptr);
    Owner* const owner = std::exchange(handle.promise().owner, nullptr);
    if (owner != nullptr) owner->on_return(error != nullptr);
    if (error != nullptr) std::rethrow_exception(error);
  }

 private:
  explicit Conversation(Handle handle) noexcept : handle_(handle) {}

  Handle handle_ = nullptr;
};

}  // namespace sluice::co

#endif
