// A function that an object runs, and that may destroy the object, and so itself, while it runs.
//
// What it is: the function is moved to the stack, runs there, and returns to its place only if the
// object still exists.
// Lifetime: a member of the object that runs it. Thread: its owner's.
#ifndef SLUICE_REACTOR_LOOP_CALLBACK_H
#define SLUICE_REACTOR_LOOP_CALLBACK_H

#include <cassert>
#include <utility>

namespace sluice::detail {

template <class Function>
class Callback {
 public:
  // REQUIRES: `function` is not empty.
  explicit Callback(Function function) : function_(std::move(function)) { assert(function_); }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() {
    if (destroyed_ != nullptr) *destroyed_ = true;
  }

  // Passes the function to `call`, which calls it and lets no exception escape. REQUIRES: not
  // running.
  template <class Call>
  void run(Call&& call) noexcept {
    bool destroyed = false;
    destroyed_ = &destroyed;
    Function running = std::move(function_);
    call(running);
    if (destroyed) return;
    destroyed_ = nullptr;
    function_ = std::move(running);
  }

 private:
  Function function_;
  bool* destroyed_ = nullptr;  // set while the function runs
};

}  // namespace sluice::detail

#endif
