#include "end_of_turn.h"

#include <utility>

#include "callback.h"
#include "loop_component.h"
#include "loop_internals.h"

namespace sluice {

class EndOfTurn::Component final : public LoopComponent {
 public:
  Component(Loop& loop, Task function)
      : LoopComponent(loop, Phase::callbacks), function_(std::move(function)) {}
  void end_of_turn() override {
    // A copy of the reference: the function may destroy this object.
    Loop& loop = this->loop();
    function_.run(
        [&loop](Task& function) { LoopInternals::guarded(loop, "end of turn", function); });
  }

 private:
  detail::Callback<Task> function_;
};

EndOfTurn::EndOfTurn(Loop& loop, Task function)
    : component_(std::make_unique<Component>(loop, std::move(function))) {}

EndOfTurn::~EndOfTurn() = default;

void EndOfTurn::request() noexcept { component_->request_end_of_turn(); }

bool EndOfTurn::requested() const noexcept { return component_->end_of_turn_requested(); }

}  // namespace sluice
