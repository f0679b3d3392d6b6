// A transport that passes bytes on unchanged, and returns the results that a test wants.
#ifndef SLUICE_TESTS_SUPPORT_HOOKED_TRANSPORT_H
#define SLUICE_TESTS_SUPPORT_HOOKED_TRANSPORT_H

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <sluice/transport.h>

namespace sluice::test {

// The results of a transport in a test, and its calls. Must outlive the connection.
struct Hooks {
  // If a result is set, it is returned; otherwise the wire is called.
  std::function<std::optional<IoResult>()> open;
  std::function<std::optional<IoResult>()> read;
  std::function<std::optional<IoResult>()> write;
  std::function<std::optional<IoResult>()> shutdown_write;
  std::optional<Address> peer;
  std::string held;           // what read() returns before it calls the wire: pending()
  bool end_is_known = false;  // then the end: pending() too

  int opens = 0;
  int reads = 0;
  int writes = 0;
  int shutdowns = 0;
  int made = 0;
  int destroyed = 0;
};

class HookedTransport final : public Transport {
 public:
  HookedTransport(Wire wire, Hooks& hooks) : wire_(wire), hooks_(hooks) { ++hooks_.made; }
  ~HookedTransport() override { ++hooks_.destroyed; }

  IoResult open() override {
    ++hooks_.opens;
    return answer(hooks_.open).value_or(IoResult::done());
  }
  IoResult read(std::span<std::byte> into) override {
    ++hooks_.reads;
    if (const auto result = answer(hooks_.read)) return *result;
    if (hooks_.held.empty()) return hooks_.end_is_known ? IoResult::end() : wire_.read(into);
    const std::size_t count = std::min(into.size(), hooks_.held.size());
    std::memcpy(into.data(), hooks_.held.data(), count);
    hooks_.held.erase(0, count);
    return IoResult::done(count);
  }
  IoResult write(std::span<const iovec> parts) override {
    ++hooks_.writes;
    if (const auto result = answer(hooks_.write)) return *result;
    return wire_.write(parts);
  }
  IoResult shutdown_write() override {
    ++hooks_.shutdowns;
    if (const auto result = answer(hooks_.shutdown_write)) return *result;
    return wire_.shutdown_write();
  }
  bool pending() const noexcept override { return !hooks_.held.empty() || hooks_.end_is_known; }
  std::optional<Address> peer() const override { return hooks_.peer; }
  // Takes the bytes on the wire, as a write may that waits for the peer's answer.
  void take_from_wire() {
    std::byte bytes[4096];
    const IoResult result = wire_.read(bytes);
    if (result.is_done()) hooks_.held.append(reinterpret_cast<char*>(bytes), result.bytes);
  }

 private:
  static std::optional<IoResult> answer(const std::function<std::optional<IoResult>()>& hook) {
    return hook ? hook() : std::nullopt;
  }

  const Wire wire_;
  Hooks& hooks_;
};

inline TransportFactory hooked(Hooks& hooks) {
  return [&hooks](Wire wire, const Address&) {
    return std::make_unique<HookedTransport>(wire, hooks);
  };
}

// An error that is not an errno.
class TestCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "test"; }
  [[nodiscard]] std::string message(int) const override { return "a reason of its own"; }
  static std::error_code code() noexcept {
    static const TestCategory category;
    return {7, category};
  }
};

}  // namespace sluice::test

#endif
