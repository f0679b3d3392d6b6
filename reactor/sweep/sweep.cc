#include "sweep.h"

#include <utility>

#include "sweep_engine.h"

namespace sluice {

std::string_view to_string(SweepState state) noexcept {
  switch (state) {
    case SweepState::open:
      return "open";
    case SweepState::closed:
      return "closed";
    case SweepState::filtered:
      return "filtered";
    case SweepState::unreachable:
      return "unreachable";
    case SweepState::failed:
      return "failed";
  }
  return "?";
}

Sweep::Sweep(Loop& loop, const SweepOptions& options, Source source, Sink sink, Done done)
    : engine_(std::make_unique<SweepEngine>(loop, options, std::move(source), std::move(sink),
                                            std::move(done))) {}

Sweep::~Sweep() = default;
void Sweep::start() { engine_->start(); }
void Sweep::stop() noexcept { engine_->stop(); }
const SweepCounters& Sweep::counters() const noexcept { return engine_->counters(); }
double Sweep::rate() const noexcept { return engine_->rate(); }
std::vector<SweepTarget> Sweep::pending() const { return engine_->pending(); }

}  // namespace sluice
