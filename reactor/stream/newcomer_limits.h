// Decides which newcomers a listener refuses: too many are open, or come too fast. For Listener.
//
// What it is: the limits of ListenerOptions, in all and for each source (Source says what that is),
// and what they have counted. A count exists only while its source has connections; the table of
// the rates has a fixed size.
// Thread: any, one at a time. Errors: the constructor and admit() may throw std::bad_alloc; nothing
// is counted then.
#ifndef SLUICE_REACTOR_STREAM_NEWCOMER_LIMITS_H
#define SLUICE_REACTOR_STREAM_NEWCOMER_LIMITS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "../base/address.h"
#include "../base/source.h"
#include "../base/source_table.h"
#include "../base/token_bucket.h"
#include "listener_counters.h"
#include "listener_options.h"

namespace sluice {

// A number that is out of range becomes the nearest one that is allowed.
[[nodiscard]] ListenerOptions in_range(ListenerOptions options);

class NewcomerLimits {
 public:
  struct Open {
    std::size_t here;     // connections of this listener
    std::size_t in_loop;  // of the whole loop
    std::size_t loop_limit;
    std::size_t promised = 0;    // of the loop's limit, to other listeners
    bool memory_passed = false;  // by what the loop's connections hold
    std::size_t memory_limit = 0;
  };

  // REQUIRES: `options` outlives it, and is in_range().
  explicit NewcomerLimits(const ListenerOptions& options);

  // Counts a newcomer from `peer`; or says which limit refuses it, and counts nothing. The limits
  // on a source do not apply to a peer that is not IP.
  [[nodiscard]] std::optional<Refusal> admit(const Address& peer, const Open& open, TimePoint now);
  // A newcomer that was admitted has gone.
  void remove(const Address& peer) noexcept;
  // remove() must be called for each that has gone.
  [[nodiscard]] bool counts_sources() const noexcept {
    return options_.max_per_source != ListenerOptions::kNoLimit;
  }

  [[nodiscard]] std::size_t count(const Address& peer) const noexcept;
  [[nodiscard]] std::size_t sources() const noexcept { return counts_.size(); }

  // For a report: the source of `peer`, if it is IP, and the limit that refused it. REQUIRES: `why`
  // is a result of admit().
  [[nodiscard]] std::string describe(Refusal why, const Address& peer, const Open& open) const;

 private:
  [[nodiscard]] Source source_of(const Address& peer) const noexcept {
    return Source(peer, options_.source_prefix);
  }

  const ListenerOptions& options_;
  std::unordered_map<Source, std::size_t> counts_;
  TokenBucket all_;
  std::optional<SourceTable<TokenBucket>> rates_;  // if a rate of each source is limited
};

}  // namespace sluice

#endif
