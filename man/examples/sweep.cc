// A health check: which of these backends accept connections?
#include <cstdio>
#include <memory>
#include <vector>

#include <sluice/listener.h>
#include <sluice/loop.h>
#include <sluice/sweep.h>

class Backend final : public sluice::Protocol {
  std::size_t on_data(sluice::Connection&,
                      std::span<const std::byte> in) override {
    return in.size();
  }
};

int main() {
  Backend backend;
  sluice::Loop loop;

  // Five backends and their addresses. Two of them then go down.
  std::vector<std::unique_ptr<sluice::Listener>> backends;
  std::vector<sluice::Address> addresses;
  const auto anywhere = sluice::Endpoint::from("tcp://127.0.0.1:0");
  for (int i = 0; i < 5; ++i) {
    backends.push_back(
        std::make_unique<sluice::Listener>(loop, anywhere, backend));
    addresses.push_back(backends.back()->endpoint().address());
  }
  backends[1].reset();
  backends[3].reset();

  std::size_t next = 0;
  const auto source = [&]() -> std::optional<sluice::SweepTarget> {
    if (next == addresses.size()) return std::nullopt;
    const sluice::SweepTarget target{.address = addresses[next],
                                     .tag = next};
    ++next;
    return target;
  };

  std::vector<sluice::SweepState> states(addresses.size());
  const auto report = [&](const sluice::SweepResult& result, sluice::Fd&) {
    states[result.target.tag] = result.state;
  };

  sluice::SweepOptions options;
  options.retries = 1;
  options.rate = 1000;  // a moderate rate, for one's own backends
  sluice::Sweep sweep(loop, options, source, report, [&] { loop.stop(); });
  sweep.start();
  loop.run();

  for (std::size_t i = 0; i < states.size(); ++i) {
    std::printf("backend %zu: %s\n", i, to_string(states[i]).data());
  }
}
