// A key whose value is a rate: 10/1 is ten in a second. off is no limit.
//
// Errors: read() throws UsageError, as Key says. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_RATE_KEY_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_RATE_KEY_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "key.h"

namespace sluice::tools::daemon {

class RateKey final : public KeyOf<Rate> {
 public:
  struct Limits {
    std::string_view counted;  // what is counted, for messages: "lines"
    std::uint32_t max_count;
    std::uint32_t max_seconds;
  };

  constexpr RateKey(const KeyText& text, const Limits& limits, Rate fallback) noexcept
      : KeyOf(text), limits_(limits), fallback_(fallback) {}

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return fallback_; }
  [[nodiscard]] std::string allowed() const override;

 private:
  [[nodiscard]] std::uint32_t read_part(std::string_view part, std::string_view text,
                                        std::uint32_t most) const;

  Limits limits_;
  Rate fallback_;
};

}  // namespace sluice::tools::daemon

#endif
