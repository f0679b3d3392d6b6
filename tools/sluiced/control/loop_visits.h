// Visits the connections of several loops of the daemon, for a command.
//
// Each loop visits its own, in its thread, some in each turn; the results come back to the first
// loop. A loop that is stalled delays the answer to the command, and nothing else.
#ifndef SLUICE_TOOLS_SLUICED_CONTROL_LOOP_VISITS_H
#define SLUICE_TOOLS_SLUICED_CONTROL_LOOP_VISITS_H

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "../../../reactor/loop/loop_pool.h"
#include "../../../reactor/stream/connection.h"
#include "control_request.h"

namespace sluice::tools::daemon {

template <class Result>
class LoopVisits : public std::enable_shared_from_this<LoopVisits<Result>> {
 public:
  // In the thread of the loop with this index.
  using Visit = std::function<void(Connection& connection, std::size_t loop, Result& result)>;
  // In the first loop's thread, once.
  using Done = std::function<void(std::vector<Result> results)>;

  LoopVisits(LoopPool& pool, Visit visit, Done done)
      : pool_(pool),
        visit_(std::move(visit)),
        done_(std::move(done)),
        results_(pool.size()),
        left_(pool.size()) {}

  // Visits the loops from this one on. Once.
  void start(std::size_t first) {
    left_ -= first;
    for (std::size_t i = first; i < pool_.size(); ++i) post(i, 0);
  }

 private:
  void post(std::size_t loop, std::uint32_t place) {
    pool_.loop(loop).post(
        [self = this->shared_from_this(), loop, place] { self->visit_some(loop, place); });
  }
  // Without memory for the rest of a loop, the answer is made without it.
  void visit_some(std::size_t loop, std::uint32_t place) {
    try {
      const std::uint32_t next =
          Connection::visit(pool_.loop(loop), place, kPlacesATurn,
                            [this, loop](Connection& each) { visit_(each, loop, results_[loop]); });
      if (next != 0) return post(loop, next);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    }
    pool_.first().post([self = this->shared_from_this()] {
      if (--self->left_ == 0) self->done_(std::move(self->results_));
    });
  }

  LoopPool& pool_;
  const Visit visit_;
  const Done done_;
  std::vector<Result> results_;  // one for each loop
  std::size_t left_;
};

}  // namespace sluice::tools::daemon

#endif
